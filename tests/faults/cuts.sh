# shellcheck shell=bash
# Files that end too early: a clean refusal at every length, never a crash, never a silent success.

check_cuts() {
  cp -r in "$fast/cut"
  cd "$fast/cut"
  whole_lines=1
  local head=(predict --data few.csv --target y --base base.safetensors --adapter few_adapter)
  begin_group
  cut 3 base.safetensors "${head[@]}"
  cut 3 base.safetensors merge --base base.safetensors --adapter few_adapter --output new.safetensors
  cut 3 few_adapter/adapter_model.safetensors "${head[@]}"
  cut 3 few_adapter/adapter_model.safetensors inspect few_adapter
  cut 3 few_adapter/adapter_config.json "${head[@]}"
  cut 3 x.npy predict --data x.npy --base base.safetensors
  cut 3 y.npy eval --data x.npy --target y.npy --base base.safetensors
  cut 3 arrays.npz eval --data arrays.npz:x --target arrays.npz:y --base base.safetensors
  cut "0 3" few.csv "${head[@]}"
  cut "0 2" options.toml --data few.csv --target y --config options.toml --epochs 1
  [[ ! -e new.safetensors ]] || violation "merge has written a file from a base that was cut off"
  cut_record
  cut_checkpoints
  cut_while_read
}

# What lora-train itself writes down of a run, and needs to use the adapter.
cut_record() {
  begin_group
  expect 0 --data few.csv --target y --standardize --epochs 2 --rank 1 --save saved
  local file
  for file in adapter_model.safetensors adapter_config.json lora_train.json; do
    cut 3 "saved/$file" predict --data few.csv --target y --adapter saved
  done
}

# lengths_of FILE: all of them; of more than 600 the first and last 150, and every 61st between. The one
# that lacks only the end of the last line is left out where $whole_lines is 1, since nothing is missing.
lengths_of() {
  local size length ends_line=0
  size=$(stat -c %s "$1")
  if cmp -s <(tail -c 1 "$1") <(echo); then ends_line=$whole_lines; fi
  for ((length = 0; length < size - ends_line; length++)); do
    if ((size <= 600 || length < 150 || length >= size - 150 || length % 61 == 0)); then echo "$length"; fi
  done
}

# cut CODES FILE ARGUMENT…
cut() {
  local codes=$1 file=$2 times=0 accepted=0 length
  shift 2
  begin_group
  mv "$file" kept
  expect_whole "$file" "$@"
  for length in $(lengths_of kept); do
    head -c "$length" kept >"$file"
    refused "$codes" "$@" --quiet
    times=$((times + 1))
    [[ $code != 0 ]] || accepted=$((accepted + 1))
    [[ $file != *.csv || $code != 0 ]] || judge_table "$file" "$@"
  done
  mv kept "$file"
  report "$file cut off at $times lengths ($1): $accepted accepted"
}

expect_whole() {
  cp kept "$1"
  expect 0 "${@:2}" --quiet
  rm -f new.safetensors
}

# A table that ends too early is still one: then each row that is there has its prediction.
judge_table() {
  local rows
  rows=$(grep -c . "$1")
  [[ $(wc -l <"$out") == "$rows" ]] || violation "a table of $rows lines of text was accepted with others: $(again "${@:2}")"
}

# One of two checkpoints is cut off: the other is used, aloud, to the same bytes. Both: code 3.
cut_checkpoints() {
  local command=(--in 2 --out 1 --rank 1 --samples 4 --epochs 3 --checkpoint ck --save result)
  expect 0 "${command[@]}"
  cp -r ck ck.whole
  cp -r result result.whole
  local step=ck/step-000000000003
  cut_checkpoint "$step.safetensors"
  cut_checkpoint "$step.json"
  for file in ck/step-000000000002.*; do truncate -s 200 "$file"; done
  cut_both "$step.safetensors"
  cut_both "$step.json"
}

cut_checkpoint() {
  local file=$1 times=0 length
  begin_group
  for length in $(lengths_of "$file"); do
    truncate -s "$length" "$file"
    expect 0 "${command[@]}" --resume
    says 'passed over' "${command[@]}" --resume
    says 'from step 2 ' "${command[@]}" --resume
    times=$((times + 1))
  done
  same ck.whole ck "other checkpoints after resuming from the one before"
  same result.whole result "another adapter after resuming from the checkpoint before"
  report "$file cut off at $times lengths: each time resumed from the one before"
}

cut_both() {
  local file=$1 times=0 length before
  begin_group
  cp "$file" kept
  for length in $(lengths_of kept); do
    head -c "$length" kept >"$file"
    refused 3 "${command[@]}" --resume --quiet
    times=$((times + 1))
  done
  before=$(ls -A ck)
  cp kept "$file"
  [[ $before == "$(ls -A ck.whole)" ]] || violation "a refused --resume has left in ck: $before"
  report "$file cut off at $times lengths, the other checkpoint too: refused"
}

# Features that are used where they lie lose their end under a run: code 3 and a sentence, nothing saved,
# and with the file as it was the run goes on to the bytes of one that nobody disturbed.
cut_while_read() {
  local command=(--data mapped.npy --target mapped_y.npy --rank 1 --batch-size 500 --epochs 60
    --checkpoint ck --save read --quiet) size threads lost
  begin_group
  size=$(stat -c %s mapped.npy)
  rm -rf ck
  expect 0 "${command[@]}"
  cp -r read read.whole
  for threads in 1 2; do
    for lost in $((size / 2)) 100; do
      cut_under_run "$lost" "${command[@]}" --threads "$threads"
      expect 0 "${command[@]}" --resume
      same read.whole read "other bytes after the data had lost $lost bytes under the run"
    done
  done
  report "mapped.npy cut off under a run, far and within its last page, on 1 and 2 threads: refused, then resumed"
}

# cut_under_run LOST ARGUMENT…: of the last bytes, those that the file has no page for are seen at once;
# the others when a checkpoint is kept.
cut_under_run() {
  rm -rf ck read
  cp mapped.npy kept
  start "${@:2}"
  wait_for 'Epoch 3/'
  truncate -s "-$1" mapped.npy
  finish
  mv kept mapped.npy
  [[ $code == 3 ]] || violation "code $code after the data lost $1 bytes: $(again "${@:2}")"
  [[ $(wc -l <"$err") == 1 ]] || violation "not one sentence: $(again "${@:2}")"
  says 'mapped.npy: was .* by another program while it was read' "${@:2}"
  [[ ! -e read/adapter_config.json ]] || violation "saved although the data had lost $1 bytes: $(again "${@:2}")"
  whole "after the data lost $1 bytes" ck
}
