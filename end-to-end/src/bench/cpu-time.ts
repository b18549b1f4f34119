import { readFileSync } from 'node:fs'
import { childrenOf } from '../linux-process.ts'

/** Linux counts in hundredths of a second (USER_HZ), on every machine that Node runs on. */
const msPerTick = 10

/** The time that a process has spent on a processor since it began, in ms. 0 when it is gone. */
export function cpuMs(pid: number): number {
  const fields = readFields(pid)
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * msPerTick
}

/** The same of a PostgreSQL: the postmaster, its children, and those that have ended already. */
export function postgresCpuMs(postmaster: number): number {
  const fields = readFields(postmaster)
  const ended = (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * msPerTick
  return [postmaster, ...childrenOf(postmaster)].reduce((sum, pid) => sum + cpuMs(pid), ended)
}

/** From `state` on, which is the first after the name in parentheses. */
function readFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
