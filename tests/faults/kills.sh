# shellcheck shell=bash
# kill -9 at random moments, and at each call that changes a file: what lies under a final name is whole.

check_kills() {
  mkdir -p kills
  cd kills
  kill_training
  kill_writing "merge to a new file" 40 nothing merge_large
  kill_writing "merge --overwrite" 40 something merge_large
  kill_writing "predict --output, CSV" 40 nothing predict_many --output result/p.csv
  kill_writing "predict --output --overwrite, npy" 40 something predict_many --output result/p.npy
  kill_writing "--save" 20 nothing train_and_save
  kill_writing "--save --overwrite" 40 something train_and_save
  kill_at_each_call
}

# A run of 120 shuffled steps with a checkpoint after each, validation, and the best epoch kept.
chain=(--data ../../in/table.csv --target y --val-split 0.2 --batch-size 8 --epochs 30 --rank 2
  --keep-best val_loss --checkpoint ck --checkpoint-every 1 --save out --resume)

# newest_step: sets `newest` to the newest step with both files, without leading zeros, or to nothing.
newest_step() {
  newest=
  local facts
  for facts in ck/step-*.json; do
    [[ -e $facts && -e ${facts%.json}.safetensors ]] || continue
    newest=${facts#ck/step-}
    newest=$((10#${newest%.json}))
  done
}

# judge_kill NUMBER DELAY: after a kill, and before the next run.
judge_kill() {
  local where="after kill $1, $2 µs into: lora-train ${chain[*]}"
  whole "$where" ck out
  if [[ -n $newest ]] && grep -q '^resume ' "$err"; then
    grep -q "^resume *from step $newest " "$err" || violation "not resumed from step $newest $where"
    resumed=$((resumed + 1))
  fi
  if grep -q damaged "$err"; then violation "says that a checkpoint is damaged $where"; fi
  newest_step
  [[ -z $newest ]] || with_checkpoint=$((with_checkpoint + 1))
}

# Each kill hits the run that goes on from the one before, until it ends; then the next one begins.
kill_training() {
  local wanted=${LORA_FAULTS_KILLS:-200} kills=0 runs=0 tries=0 with_checkpoint=0 resumed=0 newest=
  begin_group
  mkdir whole killed
  cd whole
  time_of "${chain[@]}"
  cd ../killed
  while ((kills < wanted && ++tries < 4 * wanted)); do
    random_below $((30000 + took / 15))
    stop_after "$drawn" KILL "${chain[@]}"
    if [[ $code == 137 ]]; then
      kills=$((kills + 1))
      judge_kill "$kills" "$drawn"
    else
      end_chain
    fi
  done
  lora "${chain[@]}"
  end_chain
  cd ..
  at_least "$wanted" "$kills" "kills of a running program"
  at_least $((wanted / 2)) "$with_checkpoint" "kills after a checkpoint"
  at_least 2 "$runs" "runs that came to their end"
  report "kill -9 while training: $kills kills, $with_checkpoint of them with a checkpoint there," \
    "$resumed of a resumed run; $runs runs ended, each with the bytes of one never killed"
}

end_chain() {
  [[ $code == 0 ]] || violation "code $code at the end of a chain of kills: $(again "${chain[@]}")"
  same ../whole/out out "other bytes after kills than without"
  runs=$((runs + 1))
  newest=
  rm -rf ck out
}

# The commands that are killed while they write into result/.
merge_large=(merge --base ../in/large.npy --adapter ../in/large_adapter --output result/merged.npy)
merge_adapters=(merge --adapter ../in/medium_adapter --adapter ../in/medium_adapter --output result)
predict_many=(predict --data ../in/many.csv --target y --base ../in/base.safetensors)
train_and_save=(--data ../in/table.csv --target y --epochs 2 --save result --threads 1)

# before_writing KIND NAME: fills before/ with what is there already: nothing, or the work of another run.
before_writing() {
  rm -rf before after result
  mkdir result
  if [[ $1 == something ]]; then
    case $2 in
      merge_large) expect 0 "${command[@]}" --adapter-weights 2 ;;
      merge_adapters) expect 0 "${command[@]}" --adapter-weights 2,2 ;;
      predict_many) expect 0 "${command[@]}" --adapter ../in/few_adapter ;;
      train_and_save) expect 0 "${command[@]}" --rank 2 ;;
    esac
  fi
  cp -r result before
}

# kill_writing TITLE TIMES KIND NAME ARGUMENT…
kill_writing() {
  local title=$1 times=$2 kind=$3 name=$4[@] kills=0 new=0 i
  local command=("${!name}" "${@:5}" --overwrite --quiet)
  begin_group
  before_writing "$kind" "$4"
  time_of "${command[@]}"
  cp -r result after
  if is_same before after; then violation "$title: the old and the new output do not differ"; fi
  for ((i = 0; i < times; i++)); do
    rm -rf result
    cp -r before result
    random_below $((took + took / 8))
    stop_after "$drawn" KILL "${command[@]}"
    [[ $code != 137 ]] || kills=$((kills + 1))
    judge_written "$title, kill $((i + 1)) after $drawn µs: lora-train ${command[*]}"
  done
  at_least $((times / 4)) "$kills" "kills of a running $title"
  report "kill -9 of $title: $times kills, $kills of them of a running program; $new times the new was there"
}

# judge_written WHERE: result/ is as before or as after, whole; an adapter that is neither lacks its
# configuration, so that nobody takes it for one.
judge_written() {
  whole "$1" result
  if is_same result after; then
    new=$((new + 1))
  elif ! is_same result before; then
    [[ -e before/adapter_config.json || -e after/adapter_config.json ]] || violation "neither old nor new: $1"
    [[ ! -e result/adapter_config.json ]] || violation "a mix: $(diff -rq -x '.*.partial' after result | tr '\n' ' ') $1"
  fi
}

# The calls that change what is on the disk, each by the names it may have.
calls=('?write' '?pwrite64' '?fsync' '?rename,?renameat,?renameat2' '?unlink,?unlinkat')

kill_at_each_call() {
  if ! strace -qq -o strace.txt -e trace=rename true 2>/dev/null; then
    not_checked STRACE "kill -9 at each call that changes a file (needs strace)"
    return
  fi
  kill_calls "merge --overwrite" merge_large
  kill_calls "merge without --base --overwrite" merge_adapters
  kill_calls "predict --output --overwrite" predict_many --output result/p.npy
  kill_calls "--save --overwrite" train_and_save
  kill_calls_of_checkpoints
}

# killed_at CALL NUMBER ARGUMENT…: runs the program and kills it as it begins that call; sets `code`.
killed_at() {
  code=0
  { strace -f -qq -o strace.txt -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
    "$program" "${@:3}" >"$out" 2>"$err" </dev/null || code=$?; } 2>/dev/null
}

# kill_calls TITLE NAME ARGUMENT…
kill_calls() {
  local title=$1 name=$2[@] kills=0 new=0 call number
  local command=("${!name}" "${@:3}" --overwrite --quiet)
  begin_group
  before_writing something "$2"
  expect 0 "${command[@]}"
  cp -r result after
  for call in "${calls[@]}"; do
    for ((number = 1; number < 200; number++)); do
      rm -rf result
      cp -r before result
      killed_at "$call" "$number" "${command[@]}"
      [[ $code == 137 ]] || break
      kills=$((kills + 1))
      judge_written "$title, at call $number of $call: lora-train ${command[*]}"
    done
  done
  at_least 3 "$kills" "kills at a call"
  report "kill -9 of $title at each call that changes a file: $kills kills; $new times the new was there"
}

# The same for a run that checkpoints and is gone on with.
kill_calls_of_checkpoints() {
  local command=(--in 3 --out 1 --rank 1 --samples 8 --epochs 4 --checkpoint ck --save out --threads 1)
  local kills=0 call number
  begin_group
  rm -rf after ck out
  expect 0 "${command[@]}"
  cp -r out after
  for call in "${calls[@]}"; do
    for ((number = 1; number < 200; number++)); do
      rm -rf ck out
      killed_at "$call" "$number" "${command[@]}"
      [[ $code == 137 ]] || break
      kills=$((kills + 1))
      whole "at call $number of $call: lora-train ${command[*]}" ck out
      expect 0 "${command[@]}" --resume
      same after out "other bytes after a kill at call $number of $call: lora-train ${command[*]}"
    done
  done
  at_least 30 "$kills" "kills at a call"
  report "kill -9 of a run with checkpoints at each call that changes a file: $kills kills, each resumed to the same bytes"
}
