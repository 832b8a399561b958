#!/usr/bin/env bash
# Installs the built packages into an empty Debian, starts the program there under Xvfb, runs its self-test, and uninstalls.
#   sudo packaging/check-linux.sh [FOLDER]        FOLDER for the Debian root and pictures; default build/check
# Needs root, debootstrap, and dist/*.deb and dist/*.run of packaging/linux/build.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'check: %s (after %d s)\n' "$*" "$SECONDS" >&2; }

folder=$(mkdir -p "${1:-build/check}" && cd "${1:-build/check}" && pwd)
root="$folder/debian"
deb=$(ls -t dist/segdepth_*.deb | head -n 1)
archive=$(ls -t dist/segdepth_*.run | head -n 1)
mirror=${DEBIAN_MIRROR:-$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list 2>/dev/null || true)}
export PATH="$PATH:/usr/sbin:/sbin"

leave() { for place in proc dev/shm dev; do umount "$root/$place" 2>/dev/null || true; done; }
trap leave EXIT

if [ ! -x "$root/usr/bin/dpkg" ]; then
    say "making an empty Debian in $root"
    debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$folder/debootstrap.log"
fi
for file in /etc/apt/sources.list /etc/apt/apt.conf.d /etc/apt/sources.list.d /etc/resolv.conf; do
    [ -e "$file" ] && cp -a "$file" "$root$(dirname "$file")/"
done
mkdir -p "$root/proc" "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev" 2>/dev/null || mount --bind /dev "$root/dev"
inside() { chroot "$root" env -i HOME=/srv/lab LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { inside su lab -s /bin/sh -c "export HOME=/srv/lab LANG=C.UTF-8 OMP_NUM_THREADS=2; $1"; }

say "installing $(basename "$deb")"
cp "$deb" "$archive" "$root/tmp/"
inside apt-get update -qq >/dev/null 2>&1 || true
begin=$SECONDS
inside apt-get install -y -qq --no-install-recommends "/tmp/$(basename "$deb")" >"$folder/install.log" 2>&1
say "installed in $((SECONDS - begin)) s: $(inside du -sm /usr/lib/segdepth | cut -f1) MB"
inside apt-get install -y -qq --no-install-recommends xvfb xauth >>"$folder/install.log" 2>&1
inside id lab >/dev/null 2>&1 || inside useradd -m -d /srv/lab lab

check_program() { # the program's path
    as_user "$1 --version"
    as_user "$1 doctor" >"$folder/doctor.txt"
    as_user "xvfb-run -a -s '-screen 0 1600x1000x24' $1 self-test --screenshot /tmp/window.png" | tee "$folder/self-test.txt"
    cp "$root/tmp/window.png" "$folder/window.png"
}
check_program segdepth

as_user 'mkdir -p ~/Documents/SegDepth && touch ~/Documents/SegDepth/kept'
inside apt-get purge -y -qq segdepth >>"$folder/install.log" 2>&1
left=$(inside sh -c 'ls -d /usr/lib/segdepth /usr/bin/segdepth /usr/share/applications/segdepth.desktop 2>/dev/null' || true)
[ -z "$left" ] || { say "the .deb leaves behind: $left"; exit 1; }
as_user 'test -e ~/Documents/SegDepth/kept'
say "the .deb is removed; the user's data are there"

prefix='/srv/lab/Größe µm/试样 1'
as_user "sh /tmp/$(basename "$archive") --quiet -- --prefix '$prefix'"
check_program "'$prefix/bin/segdepth'"
as_user "'$prefix/lib/segdepth/uninstall.sh'"
left=$(inside find "$prefix" -type f -not -path '*/share/mime/*' -not -name mimeinfo.cache)
[ -z "$left" ] || { say "the archive leaves behind: $left"; exit 1; }
as_user 'test -e ~/Documents/SegDepth/kept'
say "everything works; pictures and logs are in $folder"
