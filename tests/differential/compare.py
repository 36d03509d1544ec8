"""What a result must be: torch's in double, within the bound of tests/reference/reference.h; or bit for bit."""
import torch

FLT_EPSILON, FLT_MIN, DBL_EPSILON = 2.0**-23, 2.0**-126, 2.0**-52
INTEGERS = {torch.uint8: (0, 255), torch.int8: (-128, 127), torch.int16: (-32768, 32767)}
BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Expected:
    """moves: `want` has the output's dtype and must be met bit for bit. Otherwise it is double, with a bound.
    native: torch's result in the dtype itself, with the bound that torch's own coarser arithmetic needs; or None.
    unsure: where one side may see a NaN or an infinity, and the other not; or None.
    near_bound: of the solvers winograd, winograd_shuffle and winograd_thin, which add inputs before they multiply: by
    the magnitudes of the outputs around."""

    def __init__(self, want, bound=None, native=None, native_bound=None, unsure=None, near_bound=None):
        self.want, self.bound, self.native, self.native_bound, self.unsure = want, bound, native, native_bound, unsure
        self.near_bound = near_bound
        self.spared = False  # whether an unsure element did differ
        self.moves = bound is None


def finite(x):
    """The magnitudes of x in double, 0 where it is not finite: those elements are compared for what they are."""
    return x.double().abs().nan_to_num(0, 0, 0)


def half_unit(values, digits, least):
    """Half the distance between neighbours of that size, in a format of `digits` binary digits."""
    exponent = torch.frexp(values.nan_to_num(0, 0, 0))[1] - 1
    return torch.ldexp(torch.full_like(values, 0.5), exponent.clamp(min=least) - (digits - 1))


def bound_of(dtype, want, magnitude, terms, factor):
    """reference_bound() of tests/reference: rounding in float32 (double for f64), and once in the dtype."""
    if dtype == torch.float64:
        return 2 * factor * DBL_EPSILON * magnitude
    bound = factor * FLT_EPSILON * magnitude + terms * FLT_MIN
    most = finite(want) + bound
    if dtype == torch.float16:
        return bound + half_unit(most, 11, -14)
    if dtype == torch.bfloat16:
        return bound + half_unit(most, 8, -126)
    return bound + 0.5 if dtype in INTEGERS else bound


def sum_factor(terms):
    """Of a long sum, as reference_factor() has it."""
    return torch.minimum(terms / 2 + 1, 4 + terms.sqrt())


def wrong_values(got, want, bound):
    """Marks the elements that are not within the bound. NaN only meets NaN, and an infinity itself."""
    dtype, g = got.dtype, got.double()
    if dtype in INTEGERS:
        want = want.clamp(*INTEGERS[dtype])
    right = (g == want) | (g.isnan() & want.isnan()) | (want.isfinite() & ((g - want).abs() <= bound))
    if dtype == torch.float16:  # what is large is rounded to infinity
        right |= g.isinf() & (want.abs() + bound >= 65520) & (g.sign() == want.sign())
    return ~right


def bits(x):
    return x.contiguous().view(BITS[x.element_size()])


def difference(got, expected, solver=""):
    """"" or what is wrong, with the numbers of the first place."""
    if expected.moves:
        wrong = bits(got) != bits(expected.want)
        what, want, bound = "", expected.want, None
    else:
        bound = expected.near_bound if solver.startswith("winograd") else expected.bound
        wrong = wrong_values(got, expected.want, bound)
        if expected.unsure is not None:
            spared = wrong & expected.unsure & (got.double().isfinite() != expected.want.isfinite())
            expected.spared |= bool(spared.any())
            wrong &= ~spared
        what, want = "", expected.want
        if not wrong.any() and expected.native is not None:
            want, bound = expected.native.double(), expected.native_bound
            wrong = wrong_values(got, want, bound)
            what = " from torch in the dtype itself"
    count = int(wrong.sum())
    if count == 0:
        return ""
    place = tuple(int(i) for i in wrong.nonzero()[0])
    text = f"{count} of {wrong.numel()} differ{what}; first at {place}: got {got[place].item()!r}, want {want[place].item()!r}"
    return text if bound is None else text + f", bound {bound.expand(want.shape)[place].item():.3g}"
