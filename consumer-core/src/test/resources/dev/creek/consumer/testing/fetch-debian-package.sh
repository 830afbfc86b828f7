# Takes programs out of a Debian package: no root, nothing installed, the machine's own apt state untouched.
#
#   sh fetch-debian-package.sh FOLDER PACKAGE RELEASE PROGRAM...      puts each PROGRAM into FOLDER
#
# It first asks the machine's Debian mirror for that release, unless it is "own". If there is none, the machine's own
# sources decide.
set -eu

target=$1
package=$2
release=$3
shift 3
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

for tool in apt-get dpkg; do
    command -v "$tool" >/dev/null || {
        echo "there is no $tool here"
        exit 1
    }
done

work=$target/work
mkdir -p "$work/sources"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

# Each attempt has an apt state of its own. As root, apt would fetch as a user who cannot write here.
apt() {
    state=$work/$1
    shift
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : >"$state/status"
    apt-get -q -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
        -o Dir::Log="$state" -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

from_release() {
    [ "$release" != own ] || return 1
    mirror=$(apt own update --print-uris | sed -n "s#^'\(.*/debian\)/dists/[^/]*/InRelease'.*#\1#p" | head -n 1)
    [ -n "$mirror" ] || return 1
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$mirror" "$release"
        [ ! -e "$keyring" ] || printf 'Signed-By: %s\n' "$keyring"
    } >"$work/sources/release.sources"
    newer update && newer download "$package"
}

newer() {
    apt release -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" "$@"
}

from_own_sources() {
    apt own update && apt own download "$package"
}

from_release || from_own_sources
dpkg -x "./$package"_*.deb "$work/unpacked"

# The libraries that the package itself asks for, where the machine lacks one: into a folder beside the programs. Of the
# package's own release, as is the machine's libc.
libraries() {
    mkdir -p "$target/lib"
    dpkg-deb -f "./$package"_*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(lib[a-z0-9.+-]*\).*/\1/p' |
        grep -v '^libc6$' | while read -r library; do
            apt own download "$library"
            dpkg -x "./$library"_*.deb "$work/libraries"
        done
    find "$work/libraries" -name '*.so*' -exec mv {} "$target/lib/" \;
}

export LD_LIBRARY_PATH="$target/lib"
for program; do
    mv "$work"/unpacked/usr/*bin/"$program" "$target/$program"
    "$target/$program" --version || {
        libraries
        "$target/$program" --version
    }
done
