/**
 * Loaded before a process's own code by `NODE_OPTIONS=--import=…`: its wall clock is off by the milliseconds that stand
 * in the file `CLOCK_SHIFT_FILE`, and steps when they change. The monotonic clock (`performance.now`, timers) goes on,
 * as it does on a machine whose clock is set.
 */
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_SHIFT_FILE
const everyMs = 100
let shiftMs = 0

function read(): void {
  if (file === undefined) return
  try {
    shiftMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    shiftMs = 0
  }
}

const RealDate = Date
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget),
  apply: () => new RealDate(RealDate.now() + shiftMs).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})
function now(): number {
  return RealDate.now() + shiftMs
}

read()
setInterval(read, everyMs).unref()
