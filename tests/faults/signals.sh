# shellcheck shell=bash
# SIGINT and SIGTERM: the first ends the run after its step with a checkpoint, the second at once.

check_signals() {
  mkdir -p signals
  cd signals
  interrupt_again_and_again
  interrupt_once_and_twice
  interrupt_unread
}

# Interrupted at random moments and gone on with, to the same bytes.
interrupt_again_and_again() {
  local command=(--in 64 --out 16 --samples 1000 --epochs 200 --batch-size 50 --shuffle
    --checkpoint ck --checkpoint-every 100000 --save out --resume)
  local stopped=0 tries=0 runs=0 signal
  begin_group
  time_of "${command[@]}"
  mv out whole
  rm -rf ck
  while ((stopped < 30 && ++tries < 120)); do
    signal=INT
    ((stopped % 2 == 0)) || signal=TERM
    random_below $((took / 2))
    stop_when_running "$signal" "$drawn" "${command[@]}"
    if [[ $code == 130 ]]; then
      stopped=$((stopped + 1))
      says "--resume" "${command[@]}"
      whole "after SIG$signal" ck
    else
      [[ $code == 0 ]] || violation "code $code after SIG$signal: $(again "${command[@]}")"
      same whole out "other bytes after SIG$signal"
      runs=$((runs + 1))
      rm -rf ck out
    fi
  done
  at_least 30 "$stopped" "runs stopped by a signal"
  report "SIGINT and SIGTERM while training: $stopped stops with a checkpoint, and $runs runs ended with the same bytes"
}

# stop_when_running SIGNAL MICROSECONDS ARGUMENT…: counted from the first epoch's line on.
stop_when_running() {
  start "${@:3}"
  wait_for_line "${@:3}"
  pause "$2"
  kill "-$1" "$pid" 2>/dev/null || true
  finish
}

# Until there is a line of an epoch, or the run is over.
wait_for_line() {
  while kill -0 "$pid" 2>/dev/null && ! grep -q '^Epoch' "$out"; do pause 2000; done
}

# Stopped while nobody reads what it prints: a pager that is not paged on, or mpirun.
interrupt_unread() {
  local command=(--in 4 --out 1 --samples 4 --epochs 100000000 --lr 1e-6 --checkpoint unread --checkpoint-every 100000000)
  local signal
  begin_group
  for signal in INT TERM; do
    rm -rf unread
    mkfifo fifo
    sleep 30 <fifo &
    local reader=$!
    "$program" "${command[@]}" >fifo 2>"$err" </dev/null &
    pid=$!
    children=("$pid" "$reader")
    pause 500000
    kill "-$signal" "$pid"
    local begun
    begun=$(microseconds)
    code=0
    wait "$pid" || code=$?
    (($(microseconds) - begun < 5000000)) || violation "SIG$signal was heard only when somebody read: $(again "${command[@]}")"
    [[ $code == 130 ]] || violation "code $code after SIG$signal: $(again "${command[@]}")"
    whole "after SIG$signal with nobody who reads" unread
    kill "$reader"
    wait "$reader" 2>/dev/null || true
    children=()
    rm fifo
  done
  report "SIGINT and SIGTERM while nobody reads stdout: each ended with a checkpoint"
}

# Steps so long that a signal is heard in one and acted upon after it.
long=(--in 512 --out 4 --samples 30000 --rank 512 --init kaiming --lr 0.001 --epochs 1000 --checkpoint long --checkpoint-every 100000 --overwrite)

interrupt_once_and_twice() {
  begin_group
  local step once twice signal
  for signal in INT TERM; do
    rm -rf long
    once_in_a_step "$signal"
    rm -rf long
    twice_in_a_step "$signal"
    report "SIG$signal in a step of $((step / 1000)) ms: once, ended $((once / 1000)) ms later with a checkpoint;" \
      "twice, $((twice / 1000)) ms after the second without one"
  done
}

# One signal, just after a step began: the step is done, and a checkpoint is there.
once_in_a_step() {
  start "${long[@]}"
  wait_for 'Epoch 1/'
  local begun
  begun=$(microseconds)
  wait_for 'Epoch 2/'
  step=$(($(microseconds) - begun))
  kill "-$1" "$pid" 2>/dev/null || true
  begun=$(microseconds)
  finish
  once=$(($(microseconds) - begun))
  [[ $code == 130 ]] || violation "code $code after one SIG$1: $(again "${long[@]}")"
  says "--resume" "${long[@]}"
  compgen -G 'long/step-*3.json' >/dev/null || violation "no checkpoint of step 3 after SIG$1 in it: $(again "${long[@]}")"
  whole "after one SIG$1" long
}

# A second one while the first waits for the end of the step: no checkpoint, no waiting.
twice_in_a_step() {
  start "${long[@]}"
  wait_for 'Epoch 2/'
  kill "-$1" "$pid" 2>/dev/null || true
  pause $((step / 5))
  kill -0 "$pid" 2>/dev/null || violation "was over before the second SIG$1: nothing was checked"
  local begun
  begun=$(microseconds)
  kill "-$1" "$pid" 2>/dev/null || true
  finish
  twice=$(($(microseconds) - begun))
  [[ $code == 130 ]] || violation "code $code after two SIG$1: $(again "${long[@]}")"
  ((twice < step / 2)) || violation "ran on for $twice µs after the second SIG$1, a step takes $step µs: $(again "${long[@]}")"
  ! compgen -G 'long/step-*' >/dev/null || violation "a checkpoint after the second SIG$1, so it waited for the step: $(again "${long[@]}")"
}
