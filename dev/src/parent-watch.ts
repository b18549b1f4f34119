import { readFileSync } from 'node:fs'

const pollMs = 500

/**
 * Calls `leave` once when npm, which started this program, is gone: the user sees the two as one, and a program that
 * outlives npm would be left running. Does nothing when npm did not start it.
 */
export function leaveWithNpm(leave: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const before = readAncestors()
  const timer = setInterval(() => {
    if (readAncestors() === before) return
    clearInterval(timer)
    leave()
  }, pollMs).unref()
}

/** The parent and, when that is npm's shell, also the shell's: npm itself may be either. */
function readAncestors(): string {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? []
    return /^(sh|dash|bash|ash)$/.test(name ?? '') ? `${process.ppid} ${parent}` : `${process.ppid}`
  } catch {
    return `${process.ppid}`
  }
}
