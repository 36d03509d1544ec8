"""Random sizes, contents and views, all from one seed per problem."""
import math
import random

import torch

PRIMES = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 61, 67)
FLOATS = (torch.float32, torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16)


def by(values):
    return "x".join(str(int(v)) for v in values)


def real(value):
    return repr(float(value)).removesuffix(".0")


def reals(values):
    return "x".join(real(v) for v in values)


class Draw(random.Random):
    """seed: any text. torch's generator is seeded with it, so contents repeat too."""

    def __init__(self, seed):
        super().__init__(seed)
        self.contents = torch.Generator().manual_seed(self.getrandbits(63))

    def maybe(self, chance):
        return self.random() < chance

    def size(self, most):
        """1 to most: small ones, primes and the ends more often than others."""
        kind = self.random()
        if kind < 0.15:
            return 1
        if kind < 0.35:
            return min(most, self.randint(2, 4))
        if kind < 0.65:
            return min(most, self.choice(PRIMES))
        return self.randint(1, most) if kind < 0.9 else most

    def shape(self, axes, elements):
        """Spatial sizes with about `elements` in all; some long and thin."""
        if self.maybe(0.12):
            long = self.randrange(axes)
            return tuple(self.randint(2, max(2, elements // 2)) if a == long else self.randint(1, 2) for a in range(axes))
        sizes, left = [], elements
        for a in range(axes):
            sizes.append(self.size(max(1, min(left, int(2 * left ** (1 / (axes - a)))))))
            left = max(1, left // sizes[-1])
        self.shuffle(sizes)
        return tuple(sizes)

    def kind(self):
        """What contents: mostly ordinary."""
        return self.choices(("reals", "integers", "spread", "special"), (5, 2, 1, 2))[0]

    def values(self, kind, shape, dtype):
        """A contiguous tensor. integers: small, sums are exact. spread: of many magnitudes. special: reals with a few
        NaN, infinities and negative zeros. Integer dtypes have all their values in every kind."""
        if not dtype.is_floating_point:
            info = torch.iinfo(dtype)
            return torch.randint(info.min, info.max, shape, generator=self.contents, dtype=dtype)
        x = torch.rand(shape, generator=self.contents, dtype=torch.float64) * 2 - 1
        if kind == "integers":
            x = (x * 4.5).round()
        if kind == "spread":
            exponents = torch.rand(shape, generator=self.contents, dtype=torch.float64) * 2 - 1
            x = x * 10 ** (exponents * (2 if dtype == torch.float16 else 6))
        if kind == "special" and x.numel():
            flat = x.view(-1)
            for value in (math.nan, math.inf, -math.inf, -0.0, 0.0):
                for _ in range(self.randint(0, 1 + flat.numel() // 60)):
                    flat[self.randrange(flat.numel())] = value
        return x.to(dtype)

    def any_bits(self, shape, dtype):
        """Elements of any bits at all, NaN payloads with them."""
        size = torch.empty(0, dtype=dtype).element_size()
        raw = torch.randint(0, 256, (math.prod(shape) * size,), generator=self.contents, dtype=torch.uint8)
        return raw.view(dtype).reshape(shape)

    def strides(self, shape):
        """None for contiguous; channels-last; or any order of the axes, with gaps."""
        kind = self.random()
        if kind < 0.55 or len(shape) < 2 or 0 in shape:
            return None
        order = list(range(len(shape)))
        if kind < 0.75 and len(shape) >= 3:  # the channels vary fastest
            order = [0, *range(2, len(shape)), 1]
        elif kind < 0.9:
            self.shuffle(order)
        strides, step = [0] * len(shape), self.choice((1, 1, 1, 2, 3))
        for axis in reversed(order):
            strides[axis] = step
            step = step * shape[axis] + (self.randint(0, 3) if kind >= 0.75 else 0)
        return tuple(strides)

    def view(self, x, repeat=True):
        """The same elements in other strides (None: contiguous), in memory full of ones bits. With `repeat` sometimes a
        view that repeats elements along an axis: the contents become those."""
        if repeat and self.maybe(0.04) and x.dim() > 1 and x.numel():  # strides of 0 alone mean contiguous
            axis = self.randrange(x.dim())
            return x.narrow(axis, 0, 1).contiguous().expand(x.shape)
        strides = self.strides(x.shape)
        if strides is None:
            return x.contiguous()
        out = empty(x.shape, strides, x.dtype)
        out.copy_(x)
        return out


def span(shape, strides):
    return 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides))


def contiguous_strides(shape):
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def empty(shape, strides, dtype, poison=0xFF):
    """A view with those strides of memory that is poisoned through."""
    size = torch.empty(0, dtype=dtype).element_size()
    memory = torch.full((max(span(shape, strides), 1) * size,), poison, dtype=torch.uint8)
    return memory.view(dtype).as_strided(shape, strides)


def key(name, value):
    return f" {name}={value}" if value not in (None, "", 0, False) else ""


def strides_key(name, x):
    """x_strides=... when they are not those of a contiguous tensor."""
    return "" if x is None or x.is_contiguous() or 0 in x.shape else key(name, by(x.stride()))
