#!/bin/sh
# Makes the file system of an image that stands in for nvcr.io/nvidia/tritonserver, from files of this machine and without
# a registry: Node with its libraries, busybox, curl, and nimify behind /opt/tritonserver/bin/tritonserver.
#
#   test/setup/triton-base.sh FOLDER
#
# Needs a built dist and busybox-static.
set -eu
root=$1
project=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$root/bin" "$root/usr/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/opt/tritonserver/bin" "$root/opt/nimify-package"
mkdir -m 1777 "$root/tmp"

# The libraries that a file is linked with, but for those beside it.
libraries() {
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}
program() {
  cp -L "$1" "$root/usr/bin/"
  libraries "$1"
}
program "$(node -p process.execPath)"
program "$(command -v curl)"
cp -L "$(command -v busybox)" "$root/usr/bin/busybox"
for applet in sh ls cat id chmod chown rm sleep cp mkdir; do ln -s /usr/bin/busybox "$root/bin/$applet"; done
for library in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  file=$(ldconfig -p | sed -n "s|.*$library .*x86-64.* => ||p" | head -n 1)
  [ -z "$file" ] || { mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; }
done
printf 'root:x:0:0::/:/bin/sh\ntriton-server:x:1000:1000::/tmp:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\ntriton-server:x:1000:\n' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"

# What the profiles slim and node fetch from others is here already.
mkdir -p "$root/opt/tritonserver/lib" "$root/opt/tritonserver/backends/onnxruntime" "$root/var/lib/apt/lists"
echo 'a stand-in' | tee "$root/opt/tritonserver/lib/README" > "$root/opt/tritonserver/backends/onnxruntime/README"
printf '#!/bin/sh\nexit 0\n' > "$root/usr/bin/apt-get"
printf '#!/bin/sh\nmkdir -p "$3/node_modules" && cp -R /opt/nimify-package "$3/node_modules/nimify"\n' > "$root/usr/bin/npm"
chmod 755 "$root/usr/bin/apt-get" "$root/usr/bin/npm"

# What nimify serve loads; native modules of other commands and platforms stay out.
cp -R "$project/bin" "$project/dist" "$project/templates" "$project/package.json" "$root/opt/nimify-package/"
(cd "$project" && npm ls --omit=dev --all --parseable 2>/dev/null) | grep "/node_modules/" |
  grep -Ev '/node_modules/(@img|sharp|better-sqlite3|onnxruntime-node|typescript|@typescript|@biomejs|@?esbuild|@rolldown)(/|$)' | while read -r package; do
  target=$root/opt/nimify-package/node_modules/${package##*"/node_modules/"}
  case $package in */node_modules/*/node_modules/*) target=$root/opt/nimify-package/${package#"$(cd "$project/node_modules/.." && pwd -P)/"} ;; esac
  [ -e "$target" ] || { mkdir -p "$(dirname "$target")" && cp -RL "$package" "$target"; }
done
runtime=node_modules/onnxruntime-node
mkdir -p "$root/opt/nimify-package/$runtime"
(cd "$project/$runtime" && tar -c package.json dist lib bin/napi-v*/linux/x64 2>/dev/null --exclude='*providers*') |
  tar -x -C "$root/opt/nimify-package/$runtime"
libraries "$(echo "$project/$runtime"/bin/napi-v*/linux/x64/libonnxruntime.so.1)"

# The flags that matter here; the others are for Triton alone.
cat > "$root/opt/tritonserver/bin/tritonserver" <<'LAUNCHER'
#!/bin/sh
repository=/models http=8000 metrics=8002
for flag in "$@"; do
  case $flag in
    --model-repository=*) repository=${flag#*=} ;;
    --http-port=*) http=${flag#*=} ;;
    --metrics-port=*) metrics=${flag#*=} ;;
  esac
done
export HOME=/tmp NIMIFY_HOME=/tmp/nimify
exec node /opt/nimify-package/bin/nimify.js serve "$repository" --host 0.0.0.0 --port "$http" --metrics-port "$metrics" --progress none
LAUNCHER
chmod 755 "$root/opt/tritonserver/bin/tritonserver"
