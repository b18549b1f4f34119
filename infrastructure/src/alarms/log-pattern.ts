import type { LogAlarm } from './log-alarms-table.ts'

/**
 * CloudWatch's pattern for a line. It takes asterisks at the ends of a text alone, and of other letters than ASCII's its manual
 * says nothing: so of a message the longest run of ASCII is looked for.
 */
export function patternOf(line: LogAlarm['line']): string {
  if ('event' in line) {
    const code = line.code ? ` && $.code = "${line.code}"` : ''
    return `{ $.event = "${line.event}"${code} }`
  }
  if ('level' in line) return `{ $.level = "${line.level}" }`
  const runs = line.message.split(/[^ -~]+/)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  const start = line.message.startsWith(longest) ? '' : '*'
  const end = line.message.endsWith(longest) ? '' : '*'
  return `{ $.message = "${start}${longest}${end}" }`
}
