"""Where clup and torch 2.13.0 differ on purpose, each with its reason. Whatever has no name here is a defect."""
import re

REASONS = {
    "antialias-one-column": "torch gives wrong numbers for contiguous inputs where it resamples in two passes (antialias, u8) and "
                            "the output is one column wide, has several rows, and its height changes; it gets the same right "
                            "in channels-last memory, which is what clup is compared with",
    "tap-at-integer": "where a coordinate is an integer up to rounding, the rounding decides which tap of weight 0 is named, and "
                      "may hold a NaN or an infinity (torch's own dtypes differ there); all other elements are compared",
    "u8-bicubic": "torch's bicubic of u8 keeps its first pass in u8, so that overshoots are cut before the second; clup rounds "
                  "once, at the end, and meets torch's double (elsewhere both are within 1)",
    "size-and-scale": "aten's _upsample_bilinear2d_aa takes sizes and scales at once; clup, as F.interpolate, takes one",
    "empty-output": "torch returns tensors without elements where padding or a scale leaves no output; clup refuses, as a "
                    "network that gets there is wrong (only the batch may be empty)",
    "empty-input": "the like for inputs whose channels or spatial axes are empty, which some of torch's kernels take",
    "empty-batch": "with an empty batch torch's transposed convolution skips its checks, and the shape may be wrong; clup checks "
                   "as for any batch",
    "empty-unshuffle": "torch's pixel_unshuffle returns a tensor without elements as it is; clup gives the shape of the formula",
    "zero-dilation": "torch's transposed convolution takes a dilation of 0 on some paths; clup has at least 1",
    "unpool-unchecked": "torch's max_unpool takes kernels and strides of 0 and negative padding, its pooling does not; clup "
                        "refuses them",
    "zero-is-not-given": "clup reads sizes, factors and strides that are 0 on all axes as not given (so says the header)",
}


def refusal(operator, details, theirs, ours, our_reason):
    """The name of the reason why one side alone takes the problem, or both give other shapes; or "". details: the input,
    for the transposed convolution its weights, and last the lists that may be not given."""
    x = details[0]
    if operator == "pixel_unshuffle" and theirs and ours and x.numel() == 0:
        return "empty-unshuffle"
    if any(values is not None and not any(values) for values in details[-1]):
        return "zero-is-not-given"
    if theirs is None:
        return ""
    if operator == "conv_transpose" and x.dim() == details[1].dim() and x.shape[0] == 0:
        return "empty-batch"
    if ours is not None:
        return ""
    if operator == "conv_transpose" and re.search(r"dilation\[\d\]=0 must", our_reason):
        return "zero-dilation"
    if operator == "max_unpool" and re.search(r"(kernel|stride|padding)\[\d\]=-?\d+ must", our_reason):
        return "unpool-unchecked"
    if re.search("only the batch may be empty|has no elements on axis", our_reason):
        return "empty-input"
    return "empty-output" if 0 in theirs[-3:] else ""
