import type { Pool, Transaction as StoreTransaction } from '@fincore/payment-service/store/pool'
import type { Waits } from './slot.ts'
import type { Transaction } from './transaction.ts'

/** What a statement answers: its rows; or, when it returns none, how many it touched. */
export type Answer = readonly object[] | number
/** What a statement does. It reads what it needs before it first waits: that is what PostgreSQL's snapshot comes to. */
export type Meaning<Values extends readonly unknown[]> = (tx: Transaction, values: Values) => Answer | Waits<Answer>

/** One statement of the store, by the function that sends it. */
export type Lesson = {
  /** A short name for stories and traces: the store's function. */
  what: string
  /** Calls the store's function, with any values that bring it to the statement. */
  ask: (db: Recorder) => unknown
  /** The rows that its earlier statements get, one after the other. */
  earlier: readonly (readonly object[])[]
  meaning: Meaning<never[]>
}
export type Statement = Pick<Lesson, 'what' | 'meaning'>

/** A connection to nothing, which keeps the text that it is sent. It serves as the store's pool and as its transaction. */
export type Recorder = Pool & StoreTransaction

export function lesson<Values extends readonly unknown[]>(
  what: string,
  ask: (db: Recorder) => unknown,
  meaning: Meaning<Values>,
  options: { earlier?: readonly (readonly object[])[] } = {},
): Lesson {
  return {
    what,
    ask,
    earlier: options.earlier ?? [],
    meaning: meaning as Meaning<readonly unknown[]> as Meaning<never[]>,
  }
}

/**
 * Learns what each text means that the store sends: each of its functions is called once with a connection that keeps
 * the text. So no SQL is written twice, and a text that was edited still has its meaning; whether that is still the
 * right one, conformance.test.ts says.
 */
export async function learn(lessons: readonly Lesson[]): Promise<ReadonlyMap<string, Statement>> {
  const statements = new Map<string, Statement>()
  for (const one of lessons) {
    const text = await recordText(one)
    const known = statements.get(text)
    if (known !== undefined) throw new Error(`${one.what} and ${known.what} send the same text; one lesson is enough`)
    statements.set(text, one)
  }
  return statements
}

async function recordText({ what, ask, earlier }: Lesson): Promise<string> {
  const texts: string[] = []
  const query = async (config: string | { text: string }): Promise<{ rows: readonly object[]; rowCount: number }> => {
    const rows = earlier[texts.length]
    texts.push(typeof config === 'string' ? config : config.text)
    if (rows === undefined) throw learnt
    return { rows, rowCount: rows.length }
  }
  try {
    await ask({ query } as Partial<Recorder> as Recorder)
  } catch (error) {
    if (error !== learnt) throw error
  }
  const text = texts[earlier.length]
  if (text === undefined) throw new Error(`${what} sent ${texts.length} statements, and not the one that is taught`)
  return text
}
const learnt = new Error('The text is known')
