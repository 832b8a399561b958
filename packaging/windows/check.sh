#!/usr/bin/env bash
# Compiles the Windows installer and tries it under wine, with stand-ins for the program (which only Windows can freeze):
#   sudo packaging/windows/check.sh [FOLDER]      FOLDER for a Debian root with wine and for what is built; default build/check-windows
# Both variants are compiled; the CPU one is installed, upgraded and uninstalled, in a folder with a space and letters
# beyond ASCII. Needs root, debootstrap, npm and their registries; takes about three minutes the first time, one after that.
# Wine is not Windows: what looks right here has still to be tried there.
set -euo pipefail
# mounts and processes of its own: whatever happens, both are gone with it
if [ -z "${OWN_NAMESPACE:-}" ]; then
    exec env OWN_NAMESPACE=1 unshare --mount --pid --fork --kill-child "$0" "$@"
fi
cd "$(dirname "$0")/../.."
say() { printf 'check: %s (after %d s)\n' "$*" "$SECONDS" >&2; }

folder=$(mkdir -p "${1:-build/check-windows}" && cd "${1:-build/check-windows}" && pwd)
root="$folder/wine"
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# the registry's copy of the compiler that jrsoftware.org publishes; releases are compiled on Windows
compiler=innosetup-6.4.1
compiler_sha256=fc36b763a729c8964416552d733f4864ac4a4934d0a6569e20c2feb4c29b9684

inside() { chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

if [ ! -e "$root/ready" ]; then
    say "making a Debian with wine in $root"
    rm -rf --one-file-system "$root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/debootstrap.log"
    cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
    cp /etc/resolv.conf "$root/etc/"
    # Inno Setup is a 32-bit program, and what it installs needs a 64-bit Windows: both wines
    inside dpkg --add-architecture i386
    inside apt-get update -qq
    inside apt-get install -y -qq --no-install-recommends wine wine32:i386 wine64 xvfb xauth >"$folder/wine.log" 2>&1
    inside apt-get clean
    touch "$root/ready"
fi
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

if [ ! -e "$folder/$compiler.tgz" ]; then
    say "fetching $compiler"
    (cd "$folder" && npm pack --silent "${compiler%-*}@${compiler##*-}" >/dev/null)
fi
echo "$compiler_sha256  $folder/$compiler.tgz" | sha256sum --check --quiet
rm -rf "$root/inno" "$root/tree"
mkdir -p "$root/inno" "$root/tree/packaging" "$root/tree/resources" "$root/tree/dist/SegDepth/_internal/resources"
tar xzf "$folder/$compiler.tgz" -C "$root/inno" --strip-components=2 package/bin
cp -r packaging/windows "$root/tree/packaging/"
cp -r resources/icons "$root/tree/resources/"
# stand-ins: wine's own command line, which says what it was asked
for program in SegDepth segdepth-worker; do
    cp "$root/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/cmd.exe" "$root/tree/dist/SegDepth/$program.exe"
done
echo new >"$root/tree/dist/SegDepth/_internal/base_library.zip"
cp LICENSE "$root/tree/dist/SegDepth/_internal/"
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' segdepth_app/__init__.py)
say "compiling and trying $version"
inside xvfb-run -a bash /tree/packaging/windows/check-inside.sh "$version"
cp "$root"/tree/dist/*.exe "$root"/tree/dist/*.bin "$folder/"
say "compiled, installed, upgraded and uninstalled under wine; the installers with stand-ins are in $folder"
