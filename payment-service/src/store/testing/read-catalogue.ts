import type { Queryable } from '../pool.ts'

export type Column = {
  table: string
  name: string
  type: string
  notNull: boolean
  /** A value comes by itself: a default, an identity, or a generated one. */
  hasDefault: boolean
}
/** What keeps rows out, or keeps them in order; a unique index is a constraint of the kind `u`. */
export type Rule = {
  table: string
  name: string
  kind: 'check' | 'unique' | 'foreign key' | 'exclusion' | 'trigger' | 'index'
  columns: string[]
  text: string
}

/** What code that works with a database can notice of its schema. */
export type Catalogue = {
  columns: Column[]
  rules: Rule[]
  /** Functions with their arguments, and what they return. */
  functions: Record<string, string>
  /** What the application's role may do, as `select on charges`. */
  rights: string[]
}

const columnsSql = `
  select class.relname as table, attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull",
    atthasdef or attidentity <> '' as "hasDefault"
  from pg_attribute join pg_class class on class.oid = attrelid
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and attnum > 0 and not attisdropped`

const namesOf = (keys: string, table: string) =>
  `array(select attname::text from unnest(${keys}::smallint[]) key join pg_attribute on attrelid = ${table} and attnum = key)`
const rulesSql = `
  select relname as table, conname as name, ${namesOf('conkey', 'conrelid')} as columns, pg_get_constraintdef(con.oid) as text,
    case contype when 'c' then 'check' when 'f' then 'foreign key' when 'x' then 'exclusion' else 'unique' end as kind
  from pg_constraint con join pg_class on pg_class.oid = conrelid
  where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'x', 'u', 'p')
  union all
  select own.relname, index.relname, ${namesOf('indkey', 'indrelid')}, pg_get_indexdef(indexrelid),
    case when indisunique then 'unique' else 'index' end
  from pg_index join pg_class index on index.oid = indexrelid join pg_class own on own.oid = indrelid
  where index.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conindid = indexrelid)
  union all
  select relname, tgname, '{}', pg_get_triggerdef(pg_trigger.oid), 'trigger'
  from pg_trigger join pg_class on pg_class.oid = tgrelid
  where relnamespace = 'public'::regnamespace and not tgisinternal`

const functionsSql = `
  select proname || '(' || pg_get_function_identity_arguments(oid) || ')' as name, pg_get_function_result(oid) as result
  from pg_proc where pronamespace = 'public'::regnamespace`

const rightsSql = `
  select lower(privilege_type) || ' on ' || table_name as "right" from information_schema.role_table_grants
  where grantee = 'fincore_app' and table_schema = 'public'
  union
  select lower(privilege_type) || ' of ' || column_name || ' on ' || table_name from information_schema.role_column_grants
  where grantee = 'fincore_app' and table_schema = 'public'`

export async function readCatalogue(db: Queryable): Promise<Catalogue> {
  const columns = await db.query<Column>(columnsSql)
  const rules = await db.query<Rule>(rulesSql)
  const functions = await db.query<{ name: string; result: string }>(functionsSql)
  const rights = await db.query<{ right: string }>(rightsSql)
  return {
    columns: columns.rows,
    rules: rules.rows,
    functions: Object.fromEntries(functions.rows.map(({ name, result }) => [name, result])),
    rights: rights.rows.map(({ right }) => right),
  }
}
