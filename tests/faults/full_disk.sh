# shellcheck shell=bash
# A disk that gets full, runs out of names, or a limit of a file's size: code 6, and what was there stays.

check_full_disk() {
  mkdir -p disk
  full_devices
  fill_all file_size
  if ! mount -t tmpfs -o size=16m,mode=755 lora-faults disk 2>/dev/null; then
    not_checked MOUNT "full disks (mounting is not permitted; run it as root)"
    return
  fi
  fill_all size
  fill_all nr_inodes
  umount disk
}

# Standard output on a full device.
full_devices() {
  begin_group
  local arguments
  for arguments in "--epochs 2" "--epochs 2 --json" "inspect in/table.csv" \
    "predict --data in/few.csv --target y --base in/base.safetensors" \
    "merge --base in/medium.npy --adapter in/medium_adapter --output full.npy"; do
    code=0
    # shellcheck disable=SC2086  # the arguments are words
    "$program" $arguments --quiet >/dev/full 2>"$err" || code=$?
    [[ $code == 6 && $(wc -l <"$err") == 1 ]] || violation "code $code, not 6: >/dev/full: $(again "$arguments")"
  done
  report "stdout on a full device: 5 commands"
}

# The ways to write, each with nothing there and with the work of another command there.
fill_all() {
  local table=(--data in/table.csv --target y --threads 1)
  fill "$1" "--save" "" "${table[@]}" --epochs 2 --save disk/out
  fill "$1" "--save --overwrite" "--rank 2" "${table[@]}" --epochs 2 --save disk/out --overwrite
  fill "$1" "--checkpoint" "" "${table[@]}" --epochs 4 --checkpoint disk/ck --checkpoint-every 1 --save disk/out
  local medium=(merge --base in/medium.npy --adapter in/medium_adapter)
  fill "$1" "merge" "" "${medium[@]}" --output disk/merged.npy
  fill "$1" "merge --overwrite" "--adapter-weights 2" "${medium[@]}" --output disk/merged.npy --overwrite
  fill "$1" "merge without --base" "" merge --adapter in/medium_adapter --adapter in/medium_adapter --output disk/merged
  local predict=(predict --data in/many.csv --target y --base in/base.safetensors)
  fill "$1" "predict, CSV" "" "${predict[@]}" --output disk/p.csv
  fill "$1" "predict --overwrite, npy" "--adapter in/few_adapter" "${predict[@]}" --output disk/p.npy --overwrite
}

# fill LIMIT TITLE OTHER ARGUMENT…: runs the command with more and more room until it fits. Before it,
# the same command with the OTHER arguments has been there, if there are any.
fill() {
  local limit=$1 title=$2 other=$3 room=0 full=0
  local command=("${@:4}" --quiet)
  begin_group
  make_room "$limit" enough
  rm -rf disk/* before after
  expect 0 "${command[@]}"
  cp -r disk after
  rm -rf disk/*
  # shellcheck disable=SC2086  # the arguments are words
  [[ -z $other ]] || expect 0 "${command[@]}" $other
  cp -r disk before
  while ((room < 2000)); do
    make_room "$limit" "$room"
    run_limited "$limit" "$room" 6 "${command[@]}"
    [[ $code != 0 ]] || break
    full=$((full + 1))
    judge_full
    room=$((room + 1 + room / 4))
  done
  same after disk "$title: other bytes when there is room, ${command[*]}"
  at_least 1 "$full" "times that there was no room for $title ($limit)"
  make_room "$limit" enough
  report "$title with a limit of $limit: $full times too little, then enough"
}

# make_room LIMIT UNITS: leaves room for that many pages or files more than there are, or for all.
make_room() {
  mountpoint -q disk || return 0
  local used size=16m inodes=10000
  if [[ $2 != enough && $1 == size ]]; then
    used=$(df --output=used -k disk | tail -n 1)
    size=$((used + 4 * $2))k
    [[ $size != 0k ]] || size=4k # 0 would be no limit; 1 page is the least
  elif [[ $2 != enough && $1 == nr_inodes ]]; then
    used=$(df --output=iused disk | tail -n 1)
    inodes=$((used + $2))
  fi
  mount -o "remount,size=$size,nr_inodes=$inodes" disk
  [[ $1 != size || $2 == enough || $(df --output=avail -k disk | tail -n 1) -le $((4 * $2 + 4)) ]] ||
    violation "the disk has more than $2 pages left: nothing would be checked"
}

# run_limited LIMIT UNITS CODE ARGUMENT…: code 0, or CODE with one sentence on stderr. A limit of file
# sizes (in kB, at least one for what is said) is only for the program.
run_limited() {
  code=0
  (
    [[ $1 != file_size ]] || ulimit -f $(($2 + 1))
    exec "$program" "${@:4}" >/dev/null 2>"$err" </dev/null
  ) || code=$?
  [[ $code == 0 || $code == "$3" ]] || violation "code $code with $2 of $1 left: $(again "${@:4}")"
  [[ $code == 0 || $(wc -l <"$err") == 1 ]] || violation "not one sentence with $2 of $1 left: $(again "${@:4}")"
  [[ $code == 0 ]] || grep -Eq 'disk is full|No space left|larger than allowed' "$err" ||
    violation "does not say what is full: $(again "${@:4}")"
}

# After a command that found no room: nothing has changed, or there are whole checkpoints only.
judge_full() {
  local where="with $room of $limit left: lora-train ${command[*]}"
  local partial
  partial=$(find disk -name '.*')
  [[ -z $partial ]] || violation "left behind: $partial $where"
  if [[ $title != --checkpoint ]]; then
    [[ $(cd disk && state_of .) == $(cd before && state_of .) ]] || violation "what was there has changed $where"
    return
  fi
  whole "$where" disk/ck disk/out
  local tensors
  for tensors in disk/ck/*.safetensors; do
    [[ ! -e $tensors || -e ${tensors%.safetensors}.json ]] || violation "half a checkpoint $tensors $where"
  done
  make_room "$limit" enough
  expect 0 "${command[@]}" --resume
  same after disk "other bytes after more room $where"
  rm -rf disk/*
}
