"""The files of the tree, for the checks of this folder, and how a check ends."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(root, suffixes=None, names=()):
    """Yields the files below root that have one of the suffixes or names (all without suffixes), sorted.

    Leaves out version control, caches, and build directories, wherever these lie.
    """
    root = pathlib.Path(root)
    for directory, folders, found in os.walk(root):
        folders[:] = sorted(folder for folder in folders
                            if folder not in (".git", "__pycache__", ".cache", "build")
                            and not os.path.exists(os.path.join(directory, folder, "CMakeCache.txt")))
        for name in sorted(found):
            path = pathlib.Path(directory, name)
            if path.is_symlink() or not path.is_file() or name == ".git":  # of a work tree
                continue
            if suffixes is None or path.suffix in suffixes or name in names:
                yield path


def report(findings):
    """Prints the findings; the exit status of the check."""
    count = 0
    for finding in findings:
        print(finding)
        count += 1
    if count:
        print(f"{count} findings", file=sys.stderr)
    return 1 if count else 0
