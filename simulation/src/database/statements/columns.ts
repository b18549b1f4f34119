/** The names in a list of columns, as the store writes them. */
export function columnsOf<Column extends string>(list: string): readonly Column[] {
  return list.split(',').map((name) => name.trim() as Column)
}

/** Answers some columns of a row, in an object of the caller's own. */
export function makePicker<Row extends object, Column extends keyof Row & string>(
  columns: readonly Column[],
): (row: Row) => Pick<Row, Column> {
  return (row) => {
    const picked: Partial<Pick<Row, Column>> = {}
    for (const column of columns) picked[column] = row[column]
    return picked as Pick<Row, Column>
  }
}

/** None or one row, as a statement answers it. */
export function answerOne<Row extends object>(row: Row | null, pick: (row: Row) => object): readonly object[] {
  return row === null ? [] : [pick(row)]
}

/**
 * A value as it comes back from a column of type jsonb: what its writer does with it later changes nothing here. What
 * JSON leaves out is left out.
 */
export function asJson<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(asJson) as Value
  if ('toJSON' in value) return JSON.parse(JSON.stringify(value))
  const copy: Record<string, unknown> = {}
  for (const [name, child] of Object.entries(value)) if (child !== undefined) copy[name] = asJson(child)
  return copy as Value
}

export function maxOf<Item>(items: Iterable<Item>, by: (item: Item) => string): Item | null {
  let max: Item | null = null
  for (const item of items) if (max === null || by(item) > by(max)) max = item
  return max
}
