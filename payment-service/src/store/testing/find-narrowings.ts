import type { Catalogue, Rule } from './read-catalogue.ts'

/**
 * What the schema `next` takes away from code that was written for `previous`: something that is gone, something that an
 * insert of then leaves out, a value that was allowed. Empty when the schema only expanded.
 */
export function findNarrowings(previous: Catalogue, next: Catalogue): string[] {
  return [
    ...findInColumns(previous, next),
    ...findInRules(previous, next),
    ...Object.entries(previous.functions).flatMap(([name, result]) =>
      next.functions[name] === result ? [] : [`function ${name} is gone, or returns something else`],
    ),
    ...previous.rights.filter((right) => !next.rights.includes(right)).map((right) => `the right to ${right} is gone`),
  ]
}

function findInColumns(previous: Catalogue, next: Catalogue): string[] {
  const tables = new Set(previous.columns.map(({ table }) => table))
  const changed = previous.columns.flatMap((old) => {
    const column = `column ${old.table}.${old.name}`
    const now = next.columns.find(({ table, name }) => table === old.table && name === old.name)
    if (now === undefined) return [`${column} is gone`]
    if (now.type !== old.type) return [`${column} was ${old.type}, and is ${now.type}`]
    if (now.notNull && !old.notNull) return [`${column} may not be null any more`]
    return old.hasDefault && !now.hasDefault ? [`${column} has no default any more`] : []
  })
  const required = next.columns
    .filter(
      ({ table, name }) =>
        tables.has(table) && !previous.columns.some((old) => old.table === table && old.name === name),
    )
    .filter(({ notNull, hasDefault }) => notNull && !hasDefault)
    .map(({ table, name }) => `column ${table}.${name} is new, and an insert that leaves it out fails`)
  return [...changed, ...required]
}

function findInRules(previous: Catalogue, next: Catalogue): string[] {
  const nameOf = ({ kind, table, name }: Rule) => `${kind} ${name} of ${table}`
  const isOf = (rule: Rule) => (other: Rule) =>
    other.kind === rule.kind && other.table === rule.table && other.name === rule.name
  const gone = previous.rules.flatMap((old) => {
    const now = next.rules.find(isOf(old))
    // Without a check more is allowed than before.
    if (now === undefined) return old.kind === 'check' ? [] : [`${nameOf(old)} is gone`]
    if (now.text === old.text) return []
    return old.kind === 'check' && isLoosened(old.text, now.text) ? [] : [`${nameOf(old)} is another: ${now.text}`]
  })
  const tables = new Set(previous.columns.map(({ table }) => table))
  const isOld = (table: string, name: string) =>
    previous.columns.some((column) => column.table === table && column.name === name)
  /** What an insert of then leaves null, where no rule looks at it. */
  const isLeftNull = (table: string, name: string) =>
    !isOld(table, name) && next.columns.some((one) => one.table === table && one.name === name && !one.hasDefault)
  const isHarmless = ({ kind, table, columns }: Rule) =>
    kind === 'index' ||
    (kind === 'check' && columns.every((name) => !isOld(table, name))) ||
    ((kind === 'unique' || kind === 'foreign key') && columns.some((name) => isLeftNull(table, name)))
  const added = next.rules
    .filter((rule) => tables.has(rule.table) && !previous.rules.some(isOf(rule)) && !isHarmless(rule))
    .map((rule) => `${nameOf(rule)} is new, and may refuse what was allowed: ${rule.text}`)
  return [...gone, ...added]
}

const lists = /ARRAY\[([^\]]*)\]/g

/** Whether two checks differ in lists of allowed values alone, and every value of then is still in its list. */
function isLoosened(old: string, now: string): boolean {
  const frame = old.replaceAll(lists, 'ARRAY[]')
  if (frame !== now.replaceAll(lists, 'ARRAY[]') || /\bNOT\b|<> ALL/.test(frame)) return false
  const valuesOf = (text: string) => [...text.matchAll(lists)].map(([, values = '']) => values.split(', '))
  const allowed = valuesOf(now)
  return valuesOf(old).every((values, place) => values.every((value) => allowed[place]?.includes(value)))
}
