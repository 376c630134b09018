# shellcheck shell=bash
# Two runs that want to write into one directory: the second is refused, the first is unharmed.

check_locks() {
  mkdir -p locks
  cd locks
  second_is_refused
  both_at_once
}

second_is_refused() {
  local first=(--in 16 --out 4 --samples 2000 --epochs 150 --batch-size 200
    --save out --checkpoint ck --checkpoint-every 20) refusals=0
  begin_group
  expect 0 "${first[@]}"
  mv out whole
  rm -rf ck
  start "${first[@]}"
  local first_pid=$pid first_out=$out first_err=$err
  wait_for Epoch
  out=$work/out2.txt err=$work/err2.txt
  second --epochs 2 --save out --overwrite
  second --epochs 2 --save ck --overwrite
  second --epochs 2 --checkpoint ck --overwrite
  second --epochs 2 --checkpoint ck --resume --allow-changed
  second --epochs 2 --checkpoint out
  second merge --adapter ../in/few_adapter --adapter ../in/few_adapter --output out --overwrite
  kill -0 "$first_pid" || violation "the first run was over before the others were done: nothing was checked"
  pid=$first_pid out=$first_out err=$first_err
  finish
  [[ $code == 0 ]] || violation "code $code of a run whose directories others wanted: $(again "${first[@]}")"
  same whole out "other bytes because another run wanted the directory"
  report "a second run into the same directory: $refusals commands refused, the first run ended with its own bytes"
}

# second ARGUMENT…: is refused while the first run is there.
second() {
  refused 6 "$@" --quiet
  says "another run" "$@"
  refusals=$((refusals + 1))
}

# Both are started at one moment: one does the work, and the other is refused or comes too late.
both_at_once() {
  local command=(--in 16 --out 4 --samples 500 --epochs 10 --save twice --checkpoint twice_ck --quiet) won=0 refused=0 i
  begin_group
  expect 0 "${command[@]}"
  mv twice twice_whole
  for ((i = 0; i < 20; i++)); do
    rm -rf twice twice_ck
    start "${command[@]}"
    local other=$pid
    start "${command[@]}"
    children+=("$other")
    finish
    count_ending
    pid=$other
    finish
    count_ending
    same twice_whole twice "other bytes when two runs began at once: lora-train ${command[*]}"
  done
  [[ $won == 20 ]] || violation "$won of 20 pairs of runs had one that did the work: lora-train ${command[*]}"
  report "two runs at one moment: 20 pairs, $refused of the second runs refused as another run was writing"
}

count_ending() {
  case $code in
    0) won=$((won + 1)) ;;
    6) refused=$((refused + 1)) ;;
    2) ;; # the other was done already
    *) violation "code $code when two runs began at once: $(again "${command[@]}")" ;;
  esac
}
