"""C++ text for the checks: comments and strings blanked out, every line kept at its place."""
import re

COMMENT_OR_STRING = re.compile(
    r'//(?:[^\n\\]|\\.|\\\n)*'                       # a line comment, with continuation
    r'|/\*.*?\*/'
    r'|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'  # a raw string
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'",          # a character, not a digit separator
    re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    return COMMENT_OR_STRING.sub(lambda m: blank(m.group(0)) if m.group(0).startswith("/") else m.group(0), text)


def comments(text):
    """Everything blanked but the comments."""
    kept = [" " if char != "\n" else char for char in text]
    for match in COMMENT_OR_STRING.finditer(text):
        if match.group(0).startswith("/"):
            kept[match.start():match.end()] = match.group(0)
    return "".join(kept)


def without_strings(text):
    """For text without comments: the content of strings and characters blanked, the quotes kept."""
    def quotes_only(match):
        found = match.group(0)
        if found.startswith("/"):
            return blank(found)
        return found[0] + blank(found[1:-1]) + found[-1] if found[0] != "R" else '"' + blank(found[1:-1]) + '"'
    return COMMENT_OR_STRING.sub(quotes_only, text)


def without_directives(text):
    """Preprocessor lines blanked, with their continuations."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: blank(m.group(0)), text, flags=re.M | re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
