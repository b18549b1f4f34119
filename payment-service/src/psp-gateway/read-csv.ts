import { SettlementFileError } from './settlement-file-error.ts'

export type CsvRecord = { line: number; fields: string[] }

/** No field of a settlement file is longer; one that is, is no settlement file. */
const maxFieldLength = 200
const maxFields = 32

/**
 * Reads records of RFC 4180 as their bytes come: fields in quotes, doubled quotes, CRLF or LF. Strict: a quote inside a
 * bare field, something after a closing quote, an open quote at the end, or bytes that are no UTF-8 end it.
 */
export async function* readCsv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let state: 'start' | 'bare' | 'quoted' | 'closed' | 'cr' = 'start'
  let field = ''
  let fields: string[] = []
  let line = 1
  const fail = (why: string): never => {
    throw new SettlementFileError(line, why)
  }
  const endField = () => {
    if (fields.length >= maxFields) fail('has too many fields')
    fields.push(field)
    field = ''
  }
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      return fail('has bytes that are no UTF-8')
    }
  }
  for await (const chunk of bytes) {
    for (const character of decode(chunk)) {
      if (state === 'cr' && character !== '\n') fail('has a carriage return that ends no line')
      if (state === 'quoted') {
        if (character === '"') state = 'closed'
        else field += character
      } else if (state === 'closed' && character === '"') {
        field += '"'
        state = 'quoted'
      } else if (character === ',') {
        endField()
        state = 'start'
      } else if (character === '\r') state = 'cr'
      else if (character === '\n') {
        endField()
        yield { line, fields }
        fields = []
        line++
        state = 'start'
      } else if (character === '"' && state === 'start') state = 'quoted'
      else if (character === '"' || state === 'closed') fail('has a quote where none may be')
      else {
        field += character
        state = 'bare'
      }
      if (field.length > maxFieldLength) fail('has a field that is too long')
    }
  }
  if (decode() !== '' || state !== 'start' || fields.length > 0) fail('has no end')
}
