#!/usr/bin/env bash
# Installs the built packages into an empty Debian, starts the program there under Xvfb, runs its self-test, uninstalls.
#   packaging/check-linux.sh [FOLDER]        FOLDER for the Debian root, pictures and logs; default build/check
# Needs root (or sudo), debootstrap, and dist/*.deb and dist/*.run of packaging/linux/build.sh.
# DEBIAN_MIRROR and DEBIAN_SUITE name another mirror and release than this system's and bookworm.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "check: this part needs root: $0" >&2; exit 1; }
    exec sudo --preserve-env=DEBIAN_MIRROR,DEBIAN_SUITE "$0" "$@"
fi
# mounts and processes of its own: whatever happens, both are gone with it, and nothing of /dev hangs in the folder
if [ -z "${OWN_NAMESPACE:-}" ]; then
    exec env OWN_NAMESPACE=1 unshare --mount --pid --fork --kill-child "$0" "$@"
fi
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"
say() { printf 'check: %s (after %d s)\n' "$*" "$SECONDS" >&2; }
fail() { say "$*"; exit 1; }

folder=$(mkdir -p "${1:-build/check}" && cd "${1:-build/check}" && pwd)
root="$folder/debian"
deb=$(ls -t dist/segdepth_*.deb | head -n 1)
archive=$(ls -t dist/segdepth_*.run | head -n 1)
version=$(dpkg-deb --field "$deb" Version)

make_root() {
    local mirror file
    mirror=${DEBIAN_MIRROR:-$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list 2>/dev/null || true)}
    if [ ! -e "$folder/debian.tar" ]; then
        say "making an empty Debian"
        rm -rf --one-file-system "$root"
        debootstrap --variant=minbase "${DEBIAN_SUITE:-bookworm}" "$root" "${mirror:-http://deb.debian.org/debian}" \
            >"$folder/debootstrap.log"
        for file in /etc/apt/sources.list /etc/apt/apt.conf.d /etc/apt/sources.list.d /etc/resolv.conf; do
            [ -e "$file" ] && cp -aL "$file" "$root$(dirname "$file")/"
        done
        tar -C "$root" -cf "$folder/debian.part" . && mv "$folder/debian.part" "$folder/debian.tar"
    fi
    # empty each time: what the last check installed would hide a missing dependency
    rm -rf --one-file-system "$root"
    mkdir "$root"
    tar -C "$root" -xpf "$folder/debian.tar"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm" 2>/dev/null || { mkdir -p "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm"; }
    chmod 1777 "$root/dev/shm"
}

inside() { chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
# a user of the lab, and no network: the installed program has to do without
as_user() { inside unshare --net su lab -s /bin/sh -c "export HOME=/srv/lab LANG=C.UTF-8; cd; $1"; }
left_of() { # files below a folder that the package has put there
    inside find "$1" \( -iname '*segdepth*' \) -not -path '*/.cache/*' 2>/dev/null || true
}

check_program() { # the program as the user's shell names it, a word for the files
    local said
    said=$(as_user "$1 --version")
    [ "$said" = "segdepth $version" ] || fail "it calls itself '$said', the package $version"
    as_user "$1 doctor" >"$folder/doctor-$2.txt" || { cat "$folder/doctor-$2.txt"; fail "doctor found faults"; }
    as_user "xvfb-run -a -s '-screen 0 1600x1000x24' $1 self-test --screenshot /tmp/window-$2.png" |
        tee "$folder/self-test-$2.txt"
    cp "$root/tmp/window-$2.png" "$folder/"
}

check_associations() { # the data folder where the desktop looks for them, and the program's folder
    local file kind
    as_user "cp '$2/_internal/resources/models/'*.safetensors ~/a.safetensors && printf '\\211HDF\\r\\n\\032\\n' >~/a.h5"
    for file in a.safetensors a.h5; do
        kind=$(as_user "XDG_DATA_HOME='$1' gio info -a standard::content-type ~/$file" | awk '/content-type:/ { print $2 }')
        as_user "XDG_DATA_HOME='$1' gio mime '$kind'" | grep segdepth.desktop >/dev/null ||
            fail "SegDepth is not offered for $file, which the desktop takes for $kind"
    done
    say "the desktop offers SegDepth for models and for results"
}

make_root
inside apt-get update -qq >/dev/null 2>&1 || true
inside useradd -m -d /srv/lab lab
cp "$deb" "$archive" "$root/tmp/"

say "installing $(basename "$deb")"
begin=$SECONDS
inside apt-get install -y -qq --no-install-recommends "/tmp/$(basename "$deb")" >"$folder/install.log" 2>&1 ||
    { tail -n 20 "$folder/install.log"; fail "the .deb cannot be installed"; }
say "installed in $((SECONDS - begin)) s: $(inside du -sm /usr/lib/segdepth | cut -f1) MB"
inside dpkg --verify segdepth || fail "installed files differ from the package's"
# only now, lest Xvfb brings a library that the package forgot to name
missing=$(inside env LD_LIBRARY_PATH=/usr/lib/segdepth/_internal find /usr/lib/segdepth -name '*.so*' -exec ldd {} + \
    2>/dev/null | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
say "libraries that a full desktop may have and this root lacks: ${missing:-none}"
inside apt-get install -y -qq --no-install-recommends xvfb xauth \
    desktop-file-utils shared-mime-info libglib2.0-bin >>"$folder/install.log" 2>&1
check_program segdepth deb
check_associations /srv/lab/.local/share /usr/lib/segdepth

as_user 'mkdir -p ~/Documents/SegDepth && touch ~/Documents/SegDepth/kept'
inside apt-get purge -y -qq segdepth >>"$folder/install.log" 2>&1
left=$(left_of /usr)
[ -z "$left" ] || fail "the .deb leaves behind: $left"
as_user 'test -e ~/Documents/SegDepth/kept' || fail "the user's data went with the .deb"
say "the .deb is removed; the user's data are there"

# without the .deb its dependencies stay, as on a lab computer with a desktop
prefix='/srv/lab/Größe µm/试样 1'
for turn in first update; do
    as_user "sh /tmp/$(basename "$archive") --quiet -- --prefix '$prefix'" >"$folder/archive-$turn.txt" 2>&1 ||
        { cat "$folder/archive-$turn.txt"; fail "the archive cannot be installed ($turn)"; }
done
inside desktop-file-validate "$prefix/share/applications/segdepth.desktop" 2>/dev/null || [ $? -eq 127 ] ||
    fail "its desktop entry is not valid"
check_program "'$prefix/bin/segdepth'" archive
check_associations "$prefix/share" "$prefix/lib/segdepth"
as_user "'$prefix/lib/segdepth/uninstall.sh'"
left=$(left_of "$prefix")
[ -z "$left" ] || fail "the archive leaves behind: $left"
as_user 'test -e ~/Documents/SegDepth/kept' || fail "the user's data went with the archive"
umount "$root/dev/shm" "$root/proc"
rm -rf --one-file-system "$root"
say "both packages work, offline, and are gone again; pictures and logs are in $folder"
