# shellcheck shell=bash
# Less and less memory (ulimit -v): code 0, or code 7 with one sentence, and never a crash.

check_memory() {
  cp -r in memory
  cd memory
  begin_group
  least_for --version
  local bare=$least
  report "--version needs $bare kB of addresses"
  squeeze "the demo" --in 64 --out 10 --rank 4 --epochs 10 --save out --overwrite
  squeeze "a table" --data many.csv --target y --epochs 2 --save out --overwrite
  squeeze "arrays and a base" --data large.npy --target square.npy --base large.safetensors --rank 8 --epochs 2 \
    --save out --checkpoint ck --overwrite
  squeeze "a mapped array" --data mapped.npy --target mapped_y.npy --rank 2 --batch-size 500 --epochs 1 --save out --overwrite
  squeeze "predict" predict --data many.csv --target y --base base.safetensors --output p.csv --overwrite
  squeeze "merge" merge --base large.npy --adapter large_adapter --output merged.npy --overwrite
  squeeze "inspect" inspect large_adapter
  limited_groups
  small_stacks
}

# A stack of a part of the usual 8 MB, down to what other programs begin with.
small_stacks() {
  local size
  begin_group
  for size in 512 1024 2048 4096 16384 unlimited; do
    code=0
    (
      ulimit -s "$size"
      exec "$program" --in 64 --out 10 --rank 4 --epochs 10 --quiet >"$out" 2>"$err" </dev/null
    ) || code=$?
    [[ $code == 0 ]] || violation "code $code with a stack of $size kB: $(again the demo)"
  done
  report "stacks of 512 kB and more: 6 sizes"
}

# A group of processes (cgroup) whose limit leaves 30 MB: what needs more ends before it begins, with the
# numbers. The system's files about groups are replaced for the program only.
limited_groups() {
  begin_group
  if ! unshare -m true 2>/dev/null; then
    not_checked MOUNT "the limits of groups of processes (unshare -m is not permitted; run it as root)"
    return
  fi
  local first=/sys/fs/cgroup/memory/job/7 second=/sys/fs/cgroup/job/7
  in_group "4:memory:/job/7" "$first/memory.limit_in_bytes" "$first/memory.usage_in_bytes"
  in_group "4:memory:/job/7/deeper" "$first/memory.limit_in_bytes" "$first/memory.usage_in_bytes"
  in_group "0::/job/7" "$second/memory.max" "$second/memory.current"
  in_group "0::/of/the/host" /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.current
  report "groups of processes with a limit: 4 kinds of them, a run that fits and one that does not"
}

# in_group LINE MOST USED: with that line in /proc/self/cgroup, and 100 and 70 MB in the two files.
in_group() {
  local samples wanted
  for samples in "1000 0" "200000 7"; do
    wanted=${samples#* }
    code=0
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare -m bash -c '
      mount -t tmpfs none /sys/fs/cgroup && mkdir -p "$(dirname "$2")"
      echo 100000000 >"$2"
      echo 70000000 >"$3"
      echo "$1" >/sys/fs/cgroup/list
      mount --bind /sys/fs/cgroup/list "/proc/$$/cgroup"
      exec "${@:4}"' bash "$@" "$program" --in 64 --out 64 --epochs 1 --samples "${samples% *}" \
      --quiet >"$out" 2>"$err" </dev/null || code=$?
    [[ $code == "$wanted" ]] || violation "code $code, not $wanted, in the group '$1': $(again "${samples% *} samples")"
  done
  says 'only 28.6 MiB are free' "in the group '$1'"
}

# lora_within KILOBYTES ARGUMENT…: runs the program with so much room for addresses; sets `code`.
lora_within() {
  code=0
  {
    (
      ulimit -v "$1"
      exec "$program" "${@:2}" >"$out" 2>"$err" </dev/null
    ) || code=$?
  } 2>/dev/null
}

# least_for ARGUMENT…: sets `least` to the kilobytes with which it ends with 0, to one part in 200.
least_for() {
  local too_few=1000 middle
  least=4000000
  lora_within "$least" "$@"
  [[ $code == 0 ]] || violation "code $code with $least kB: $(again "$@")"
  while ((least - too_few > least / 200)); do
    middle=$(((least + too_few) / 2))
    lora_within "$middle" "$@"
    if [[ $code == 0 ]]; then least=$middle; else too_few=$middle; fi
  done
}

# squeeze TITLE ARGUMENT…: with 40 limits between what the bare program needs and a little more than it takes.
squeeze() {
  local title=$1 step limit enough=0 refused=0
  local command=("${@:2}" --quiet)
  begin_group
  least_for "${command[@]}"
  for ((step = 0; step < 40; step++)); do
    limit=$((bare + (least + least / 20 - bare) * step / 39))
    rm -rf out p.csv merged.npy ck
    lora_within "$limit" "${command[@]}"
    case $code in
      0) enough=$((enough + 1)) ;;
      7)
        refused=$((refused + 1))
        [[ $(wc -l <"$err") == 1 ]] || violation "not one sentence with $limit kB: $(again "${command[@]}")"
        [[ ! -e out/adapter_config.json && ! -e p.csv && ! -e merged.npy ]] ||
          violation "written without enough memory, $limit kB: $(again "${command[@]}")"
        ;;
      *) violation "code $code with $limit kB: $(again "${command[@]}")" ;;
    esac
  done
  report "$title, least memory $((least / 1000)) MB of addresses: $enough times enough, $refused times refused"
}
