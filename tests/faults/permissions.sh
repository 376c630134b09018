# shellcheck shell=bash
# Files that may not be read and directories that may not be written, as a user without privileges.

check_permissions() {
  begin_group
  if [[ $(id -u) == 0 ]]; then
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
    if ! "${user[@]}" "$program" --version >"$out" 2>&1; then
      user=()
      not_checked USER "permissions (root has them all, and setpriv cannot make another user of it here)"
      return
    fi
  fi
  denied=0
  cp -r in allowed
  cd allowed
  [[ $(id -u) != 0 ]] || chown -R 65534:65534 .
  prepare_outputs
  unreadable_inputs
  unwritable_outputs
  unusable_checkpoints
  user=()
  report "no permission: $denied commands, 3 for inputs and 6 for outputs, nothing changed"
}

table=(--data table.csv --target y --epochs 2 --rank 1)
predict=(predict --data few.csv --target y --base base.safetensors --adapter few_adapter)
merge=(merge --base medium.npy --adapter medium_adapter)

# What is there already, made by the user.
prepare_outputs() {
  expect 0 "${table[@]}" --save out
  expect 0 "${table[@]}" --checkpoint ck
  mkdir -m 755 results
  [[ $(id -u) != 0 ]] || chown 65534:65534 results
  expect 0 "${merge[@]}" --output results/merged.npy
  expect 0 "${predict[@]}" --output results/p.csv
}

# denied CODE PATH MODE ARGUMENT…: with that mode of the path the command is refused, and changes nothing.
denied() {
  local codes=$1 path=$2 mode=$3 usual before
  shift 3
  usual=$(stat -c %a "$path")
  before=$(state_of .)
  chmod "$mode" "$path"
  refused "$codes" "$@" --quiet
  chmod "$usual" "$path"
  [[ $(state_of .) == "$before" ]] || violation "has changed something with $path at $mode: $(again "$@")"
  denied=$((denied + 1))
}

unreadable_inputs() {
  denied 3 few.csv 000 "${predict[@]}"
  denied 3 base.safetensors 000 "${predict[@]}"
  denied 3 few_adapter/adapter_model.safetensors 000 "${predict[@]}"
  denied 3 few_adapter/adapter_config.json 000 "${predict[@]}"
  denied 3 few_adapter 000 "${predict[@]}"
  denied 3 out/lora_train.json 000 predict --data few.csv --target y --adapter out
  denied 3 medium.npy 000 "${merge[@]}" --output new.npy
  denied 3 medium_adapter 000 "${merge[@]}" --output new.npy
  denied 3 table.csv 000 "${table[@]}" --save new
  denied 3 few.csv 000 "${table[@]}" --val few.csv --save new
  denied 3 x.npy 000 --data x.npy --target y.npy --epochs 2 --save new
  denied 3 y.npy 000 --data x.npy --target y.npy --epochs 2 --save new
  denied 3 arrays.npz 000 --data arrays.npz:x --target arrays.npz:y --epochs 2 --save new
  denied "2 3" options.toml 000 "${table[@]}" --config options.toml --save new
  denied 3 table.csv 000 inspect table.csv
  denied 3 out 000 inspect out
}

unwritable_outputs() {
  denied 6 . 555 "${table[@]}" --save new
  denied 6 out 555 "${table[@]}" --save out --overwrite
  denied 6 out 555 "${table[@]}" --save out/deeper/new
  denied 6 . 555 "${table[@]}" --checkpoint new
  denied 6 results 555 "${table[@]}" --checkpoint results
  denied 6 results 555 "${merge[@]}" --output results/new.npy
  denied 6 results 555 "${merge[@]}" --output results/merged.npy --overwrite
  denied 6 results 555 merge --adapter medium_adapter --adapter medium_adapter --output results/new
  denied 6 results 555 "${predict[@]}" --output results/new.csv
  denied 6 results 555 "${predict[@]}" --output results/p.csv --overwrite
  denied 6 results 000 "${predict[@]}" --output results/p.csv --overwrite
}

unusable_checkpoints() {
  denied 6 ck 555 --data table.csv --target y --epochs 3 --rank 1 --checkpoint ck --resume --allow-changed
  denied 6 ck 555 "${table[@]}" --checkpoint ck --overwrite
  denied "3 6" ck 000 "${table[@]}" --checkpoint ck --resume
  denied "3 6" ck 300 "${table[@]}" --checkpoint ck --resume
  local facts=(ck/*.json)
  chmod 000 "${facts[0]}"
  denied 3 "${facts[1]}" 000 "${table[@]}" --checkpoint ck --resume
  chmod 644 "${facts[0]}"
  chmod 000 "${facts[1]}"
  expect 0 "${table[@]}" --checkpoint ck --resume
  says "passed over" "${table[@]}" --checkpoint ck --resume
  denied=$((denied + 1))
}
