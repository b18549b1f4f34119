import { InvalidArgumentError, Option } from 'commander'

/** An option whose value is a time: a day is its first moment in UTC, and `today` and `yesterday` are days there. */
export function timeOption(flags: string, meaning: string): Option {
  return new Option(flags, meaning).argParser(readTime)
}

/** A day such as 2026-01-31, as the API takes dates. */
export function readDay(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && readTime(text).startsWith(text)) return text
  throw new InvalidArgumentError('A day is written as 2026-01-31.')
}

const dayMs = 86_400_000
const daysAgo: Readonly<Record<string, number>> = { today: 0, yesterday: 1 }

function readTime(text: string): string {
  const ago = daysAgo[text]
  if (ago !== undefined) return `${new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10)}T00:00:00.000Z`
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const moment = new Date(text)
  // Days that a month does not have are moved to the next one by some parsers.
  if (!isTime || Number.isNaN(moment.getTime()) || (text.length === 10 && moment.toISOString().slice(0, 10) !== text))
    throw new InvalidArgumentError('A time is a day such as 2026-01-31, or 2026-01-31T08:00:00Z.')
  return moment.toISOString()
}
