/**
 * `npm run drill:scanner`: the comparison of the relay's scanner with `JSON.parse` over a million generated and mutated
 * bodies, in two processes. `npm run drill:scanner -- <cases> <seed>` takes others. Exits 1 on the first difference.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import fc from 'fast-check'
import { checkBody } from './scanner-check.ts'

type Counts = Record<string, number>

const [cases = 1_000_000, seed = Date.now() % 2 ** 31, isPart = 0] = process.argv.slice(2).map(Number)
const reportEvery = 1_000

/** Checks one process's part, and tells its parent how far it is. */
async function checkPart(): Promise<void> {
  // Half of the bodies are no JSON, and a stack for each error would cost more than the check.
  Error.stackTraceLimit = 0
  let counts: Counts = {}
  let checked = 0
  const check = async (random: Uint8Array) => {
    const result = await checkBody(random)
    counts[result] = (counts[result] ?? 0) + 1
    checked += 1
    if (checked % reportEvery !== 0 && checked !== cases) return
    process.send?.(counts)
    counts = {}
  }
  const random = fc.uint8Array({ minLength: 200, maxLength: 200 })
  const details = await fc.check(fc.asyncProperty(random, check), { numRuns: cases, seed })
  if (details.failed) {
    console.error(fc.defaultReportMessage(details))
    console.error(details.errorInstance)
  }
  process.exitCode = details.failed ? 1 : 0
  process.disconnect()
}

async function checkAll(): Promise<void> {
  const startedAt = Date.now()
  const parts = Math.max(1, Math.min(2, availableParallelism()))
  const counts: Counts = {}
  const count = () => Object.values(counts).reduce((sum, one) => sum + one, 0)
  const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(0)
  console.log(`The scanner against JSON.parse: ${cases} cases, seed ${seed}, ${parts} processes.`)
  const progress = setInterval(() => console.log(`${count()} cases, ${seconds()} s`), 10_000)
  const exits = Array.from({ length: parts }, (_, part) => {
    const own = Math.floor(cases / parts) + (part < cases % parts ? 1 : 0)
    const child = fork(import.meta.filename, [String(own), String(seed + part), '1'])
    child.on('message', (message: Counts) => {
      for (const [result, number] of Object.entries(message)) counts[result] = (counts[result] ?? 0) + number
    })
    return new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  })
  const codes = await Promise.all(exits)
  clearInterval(progress)
  const { taken: accepted = 0, ...refused } = counts
  console.table({ cases: count(), accepted, ...refused, seconds: Number(seconds()), seed })
  const isGood = codes.every((code) => code === 0) && count() === cases
  console.log(isGood ? 'No difference.' : 'There is a difference, or a process that did not finish: see above.')
  process.exitCode = isGood ? 0 : 1
}

await (isPart === 1 ? checkPart() : checkAll())
