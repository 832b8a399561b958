#!/usr/bin/env bash
# Sets everything up for `make demo`, `make run`, `make test` and `make package`: system libraries, .venv, pinned packages.
#
#   packaging/setup.sh runtime|test|package [--screen]
#
# Safe to call again: it does only what is missing, and nothing at all where pyproject.toml and the constraints
# are those of the last time. `--screen` also wants Xvfb, for tests of the real window without a screen.
# VARIANT=cuda is for an NVIDIA GPU (untested): torch for CUDA 13.0 and packaging/constraints-cuda.txt. VARIANT=cpu goes
# back; without it, a torch that is there stays. TORCH_INDEX names another index for torch.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"

extra=${1:?usage: packaging/setup.sh runtime|test|package [--screen]}
screen=${2:-}
variant=${VARIANT:-}
constraints=(-c packaging/constraints.txt)
index=cpu
case "$variant" in
    cpu | '') ;;
    cuda) index=cu130 constraints+=(-c packaging/constraints-cuda.txt) ;;
    *) echo "VARIANT is cpu or cuda, not $variant" >&2 && exit 2 ;;
esac
torch_index=${TORCH_INDEX:-https://download.pytorch.org/whl/$index}
say() { printf 'set-up: %s\n' "$*" >&2; }

# One set-up at a time: two `make` in two terminals share .venv.
if command -v flock >/dev/null; then
    exec 9>.setup.lock
    flock 9
fi

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 to 3.13 was not found. Install it (Debian 12: apt-get install python3), or set PYTHON."
    return 1
}

missing_packages() {
    local library package tool known _
    known=$(ldconfig -p)
    while read -r library package _; do
        case "$library" in '#'* | '') continue ;; esac
        grep -qF "$library" <<<"$known" || echo "$package"
    done <packaging/debian-packages.txt
    # without any font every letter is a box, and nothing says so
    if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
        \( -name '*.ttf' -o -name '*.otf' \) -print -quit 2>/dev/null)" ]; then
        echo fonts-dejavu-core
    fi
    if [ ! -x .venv/bin/python ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
    if [ "$screen" = --screen ] && ! command -v xvfb-run >/dev/null; then
        echo xvfb xauth
    fi
    if [ "$extra" = package ]; then
        command -v strip >/dev/null || echo binutils
        command -v desktop-file-validate >/dev/null || echo desktop-file-utils
        command -v appstreamcli >/dev/null || echo appstream
        for tool in fakeroot makeself debootstrap; do command -v $tool >/dev/null || echo $tool; done
    fi
}

install_system_packages() {
    local missing as_root=()
    missing=$(missing_packages | tr '\n' ' ')
    if [ -z "${missing// /}" ]; then return; fi
    if ! command -v apt-get >/dev/null; then
        say "These libraries are missing (Debian's names): $missing. Install your system's packages of them."
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=(sudo)
        else
            say "These packages are missing and need an administrator: apt-get install $missing"
            return
        fi
    fi
    say "installing system packages: $missing"
    # shellcheck disable=SC2086 # a list of names
    # one unreachable source of several makes `update` fail, though the packages may be there
    "${as_root[@]}" apt-get update -qq >/dev/null || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        say "apt-get failed; by hand: apt-get install $missing"
}

kind_of_torch() { .venv/bin/python -c 'import torch; print("cuda" if torch.version.cuda else "cpu")' 2>/dev/null || true; }

# torch alone comes from PyTorch's index, which has the small CPU build; without that index pip takes what it has.
install_torch() {
    if [ -n "$variant" ]; then
        [ "$(kind_of_torch)" = "$variant" ] && return
    else
        .venv/bin/python -c 'from importlib.metadata import version; version("torch")' 2>/dev/null && return
    fi
    local version
    version=$(sed -n 's/^torch==//p' packaging/constraints.txt)
    if .venv/bin/python -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=10)' \
        "$torch_index/torch/" 2>/dev/null; then
        # forced: pip takes the CPU and the CUDA build of a version for the same
        .venv/bin/pip install -q --no-deps --force-reinstall --index-url "$torch_index" "torch==$version" >&2 ||
            say "torch $version was not to be had from $torch_index; taking pip's usual one"
    fi
}

python=$(find_python)
stamp=$({ cat pyproject.toml packaging/{constraints,constraints-cuda,debian-packages}.txt packaging/setup.sh && echo "$variant"; } |
    sha256sum | cut -c1-64)
done_file=.venv/segdepth-$extra$screen
if [ -x .venv/bin/python ] && [ "$(cat "$done_file" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

install_system_packages
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "making .venv with $python"
    "$python" -m venv --clear .venv || {
        say "Python's venv module is missing; install it (Debian 12: apt-get install python3.11-venv) and start again."
        exit 1
    }
fi
say "installing packages ($extra)"
install_torch
wanted=.
case "$extra" in
    test) wanted='.[test]' ;;
    package) wanted='.[build]' ;;
esac
.venv/bin/pip install -q --disable-pip-version-check "${constraints[@]}" -e "$wanted" >&2
if [ -n "$variant" ] && [ "$(kind_of_torch)" != "$variant" ]; then
    say "VARIANT is $variant, but pip has installed another build of torch; is $torch_index reached?"
    exit 1
fi
# what could not be installed is tried, and said, again the next time
if [ -z "$(missing_packages)" ]; then echo "$stamp" >"$done_file"; fi
say "done"
