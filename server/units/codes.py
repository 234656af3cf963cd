"""Counter codes: six symbols that people can read aloud, copy and mistype without reaching another counter.

Five symbols of Crockford's base 32 carry a number; the sixth is Crockford's own check symbol, that number
modulo 37. Numbers whose check symbol would be one of `* ~ $ = U` are left out: codes are letters and digits.
37 is prime and greater than 32: one wrong symbol, or two neighbours swapped, never gives another valid code.
"""

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
CHECK_MODULUS = 37

CAPACITY = 29_020_052
"""How many codes there are: numbers below 32⁵ whose remainder modulo 37 is below 32."""

_SEPARATORS = " -.\t\r\n\u00a0\u2009\u2010\u2011\u2012\u2013\u2014\u202f"
_SAME_SYMBOL = str.maketrans("abcdefghjkmnpqrstvwxyzOoIiLl", "ABCDEFGHJKMNPQRSTVWXYZ001111")
_IGNORED = str.maketrans("", "", _SEPARATORS)


class BadCode(ValueError):
    """A text that is no counter code; `sentence` tells the person who typed it, in Indonesian, what to do."""

    sentence: str


class NotACode(BadCode):
    """Too short, too long, or with a symbol that codes never have."""

    sentence = (
        "Kode loket terdiri atas 6 huruf dan angka, misalnya K7M 2Q6, dan tidak pernah memakai huruf U. "
        "Periksa lagi, atau pindai QR di loket."
    )


class WrongCheck(BadCode):
    """Looks like a code, but its check symbol says that at least one symbol is wrong."""

    sentence = "Ada huruf atau angka yang salah pada kode loket ini. Periksa lagi, atau pindai QR di loket."


def new_code(number: int) -> str:
    """The code of a number, taken modulo CAPACITY; different numbers below CAPACITY give different codes.

    Callers draw the number at random; when its code is taken, `number + 1` gives the next usable one.
    """
    blocks, check = divmod(number % CAPACITY, len(SYMBOLS))
    return _five_symbols(blocks * CHECK_MODULUS + check) + SYMBOLS[check]


def parse_code(text: str) -> str:
    """The code that was typed or scanned: any case, spaces, hyphens and dots ignored, O is 0, I and L are 1.

    U stands for nothing, as Crockford has it: no code contains it, so whoever typed it misread, and the
    sentence says so. Taking it for V would be our guess alone. Raises NotACode or WrongCheck.
    """
    code = text.translate(_IGNORED).translate(_SAME_SYMBOL)
    if len(code) != LENGTH or not set(code) <= set(SYMBOLS):
        raise NotACode(text)
    if SYMBOLS.index(code[-1]) != _number(code[:-1]) % CHECK_MODULUS:
        raise WrongCheck(text)
    return code


def readable(code: str) -> str:
    """The code in two groups of three, as it is printed and read aloud: K7M 2Q6."""
    return f"{code[:3]} {code[3:]}"


def _five_symbols(value: int) -> str:
    return "".join(SYMBOLS[value >> shift & 31] for shift in (20, 15, 10, 5, 0))


def _number(symbols: str) -> int:
    value = 0
    for symbol in symbols:
        value = value * len(SYMBOLS) + SYMBOLS.index(symbol)
    return value
