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
