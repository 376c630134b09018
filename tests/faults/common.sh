# shellcheck shell=bash
# What all checks of tests/faults/run share: starting the program, judging it, cleaning up.

violations=0   # broken promises so far
missing=0      # checks that were required and could not be made
before_group=0 # violations when the group began
children=()    # what may still run when the driver ends early
code=0         # how the last run of the program ended
user=()        # the command in front of the program that makes it another user's

# Sets up the working directory, the inputs and the judge of files.
begin() {
  [[ -x $1 ]] || { echo "tests/faults/run: there is no program $1" >&2; exit 2; }
  work=$(mktemp -d "${TMPDIR:-/tmp}/lora-faults.XXXXXX")
  fast=$(mktemp -d /dev/shm/lora-faults.XXXXXX 2>/dev/null || mktemp -d "$work/fast.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  chmod 755 "$work" "$fast"
  program=$work/lora-train # a copy, which a build meanwhile does not change
  cp "$1" "$program"
  chmod 755 "$program"
  out=$work/out.txt
  err=$work/err.txt
  mkfifo "$work/never"
  exec {never}<>"$work/never"
  python3 "$here/files.py" make "$work/in"
  coproc judge { exec python3 "$here/files.py" judge; }
  seed=${LORA_FAULTS_SEED:-$((RANDOM % 10000))}
  RANDOM=$seed
  echo "$("$program" --version | head -n 1), seed $seed"
}

clean_up() {
  local status=$?
  for child in "${children[@]}"; do kill -KILL "$child" 2>/dev/null || true; done
  if mountpoint -q "$work/disk"; then umount "$work/disk" || true; fi
  chmod -R u+rwx "$work" "$fast"
  if [[ ${LORA_FAULTS_KEEP:-} == 1 ]]; then
    echo "kept: $work $fast"
  else
    rm -rf "$work" "$fast"
  fi
  exit "$status"
}

end() {
  if ((violations > 0)); then
    echo "$violations promises broken (LORA_FAULTS_SEED=$seed LORA_FAULTS_KEEP=1 for another look)"
  else
    echo "all promises kept, in $SECONDS s"
  fi
  ((violations == 0 && missing == 0))
}

violation() {
  violations=$((violations + 1))
  printf 'VIOLATION: %s\n' "$*"
}

# begin_group; … ; report LINE: says LINE, and whether the group has kept its promises.
begin_group() { before_group=$violations; }
report() {
  local verdict=ok
  ((violations == before_group)) || verdict="$((violations - before_group)) VIOLATIONS"
  printf '%s: %s\n' "$*" "$verdict"
}

# not_checked NEED WHAT: what is left out because something is missing here.
not_checked() {
  local required=LORA_FAULTS_REQUIRE_$1
  echo "not checked: $2"
  [[ ${!required:-} != 1 ]] || missing=$((missing + 1))
}

# at_least NUMBER COUNT WHAT: a check whose faults did not happen has checked nothing.
at_least() { (($2 >= $1)) || violation "only $2 (not $1) $3: the faults did not find their mark"; }

# lora ARGUMENT…: runs the program here; sets `code`, and leaves what it says in $out and $err.
lora() {
  code=0
  "${user[@]}" "$program" "$@" >"$out" 2>"$err" </dev/null || code=$?
}

# expect CODES ARGUMENT…: runs the program, which must end with one of the codes.
expect() {
  local codes=$1
  shift
  lora "$@"
  [[ " $codes " == *" $code "* ]] || violation "code $code, not $codes: $(again "$@")"
}

# refused CODES ARGUMENT…: the same, with one sentence on stderr. Give --quiet.
refused() {
  expect "$@"
  [[ $code == 0 || $(wc -l <"$err") == 1 ]] || violation "not one sentence: $(again "${@:2}")"
}

# What it takes to see it again.
again() { printf 'cd %s; lora-train %s; it said: %s' "$PWD" "$*" "$(tail -n 2 "$err" | tr '\n' ' ')"; }

# says TEXT ARGUMENT…: stderr of that run must have said the text.
says() {
  grep -q -- "$1" "$err" || violation "does not say '$1': $(again "${@:2}")"
}

# Every file below the directories, hidden ones too, with a sum of its bytes.
state_of() { find "$@" -type f -exec cksum {} + | sort -k 3; }

# same A B WHAT: the same files with the same bytes, but for those left by kills.
same() { diff -rq -x '.*.partial' "$1" "$2" >"$out" || violation "$3: $(tr '\n' ' ' <"$out")"; }
is_same() { diff -rq -x '.*.partial' "$1" "$2" >/dev/null; }

# whole WHAT DIRECTORY…: no file under a final name there is damaged, as another program sees it.
whole() {
  local verdict
  echo "${*:2}" >&"${judge[1]}"
  IFS= read -r verdict <&"${judge[0]}"
  [[ $verdict == ok ]] || violation "$verdict $1"
}

# pause MICROSECONDS, without starting a process.
pause() {
  local seconds
  printf -v seconds '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
  read -rt "$seconds" <&"$never" || true
}

# random_below NUMBER: sets `drawn`; not in a subshell, where the generator would not move on.
random_below() { drawn=$(((RANDOM << 15 | RANDOM) % $1)); }

microseconds() { echo "${EPOCHREALTIME//[.,]/}"; }

# start ARGUMENT…: runs the program in the background; sets `pid`.
start() {
  : >"$out"
  : >"$err" # a kill may come before the shell has opened them
  "$program" "$@" >"$out" 2>"$err" </dev/null &
  pid=$!
  children=("$pid")
}

# finish: waits for what was started; sets `code`.
finish() {
  code=0
  { wait "$pid" || code=$?; } 2>/dev/null
  children=()
}

# stop_after MICROSECONDS SIGNAL ARGUMENT…: code 137 after KILL means that it was still running.
stop_after() {
  start "${@:3}"
  pause "$1"
  kill -"$2" "$pid" 2>/dev/null || true
  finish
}

# wait_for TEXT: until the program that was started has said it on stdout.
wait_for() {
  local tries=0
  until grep -q "$1" "$out"; do
    ((++tries < 3000)) || { violation "'$1' never came on stdout: $(again)"; return; }
    pause 10000
  done
}

# time_of ARGUMENT…: runs the program, which must end with 0; sets `took` to microseconds.
time_of() {
  local begun
  begun=$(microseconds)
  expect 0 "$@"
  took=$(($(microseconds) - begun))
}
