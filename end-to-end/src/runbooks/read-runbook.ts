import { readBlocks } from '@fincore/dev/doc-blocks/read-blocks'
import { readShell, type ShellCommand } from './read-shell.ts'

/** What a page of runbooks asks of whoever reads it, and what it says that there is. */
export type Runbook = {
  page: string
  /** Commands to be pasted, and those that stand in a sentence or a table, which may leave out what is needed. */
  commands: { at: string; words: ShellCommand; isMentioned: boolean }[]
  /** Statements for `psql "$DATABASE_URL"`. */
  statements: { at: string; sql: string }[]
  /** All else in `…` that could be right or wrong: names, settings, messages of the log. */
  words: { at: string; text: string }[]
}

/** With what a command begins that stands in a sentence. */
const programsInText = /^(fincore [a-z]|as \$|npm run |aws |psql |curl )/
const sqlInText = /^(select|update|analyze)\b/

/** What every operator has set, as docs/operating.md says, or in the environment of the service. */
const given = {
  alice: 'alice',
  bob: 'bob',
  admin: 'admin',
  DATABASE_URL: 'postgres://app',
  MIGRATIONS_DATABASE_URL: 'postgres://owner',
}

/**
 * Reads a page of docs/runbooks.
 * @param faults gets what cannot be read.
 */
export function readRunbook(page: string, markdown: string, faults: string[] = []): Runbook {
  const runbook: Runbook = { page, commands: [], statements: [], words: [] }
  const variables = new Map<string, string>(Object.entries(given))
  const take = (at: string, text: string, isMentioned: boolean) => {
    try {
      for (const words of readShell(text, variables)) takeCommand(runbook, { at, words, isMentioned })
    } catch (error) {
      faults.push(`${at}: ${error instanceof Error ? error.message : error}`)
    }
  }
  for (const { at, language, text } of readBlocks(page, markdown)) {
    if (language === 'sh') take(at, text, false)
    else if (language === 'sql') takeStatements(runbook, at, text)
    else if (language !== 'text') faults.push(`${at}: nothing checks a block of this kind`)
  }
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, (block) => block.replaceAll(/[^\n]/g, ''))
  for (const [index, line] of prose.split('\n').entries())
    for (const [, span = ''] of line.matchAll(/`([^`]+)`/g)) {
      const at = `${page}:${index + 1}`
      const text = line.startsWith('|') ? span.replaceAll('\\|', '|') : span
      if (programsInText.test(text)) take(at, text, true)
      else if (sqlInText.test(text)) takeStatements(runbook, at, text)
      else runbook.words.push({ at, text })
    }
  return runbook
}

function takeCommand(runbook: Runbook, command: Runbook['commands'][number]): void {
  const { at, words } = command
  const flag = words.indexOf('-c')
  if (words[0] === 'psql' && flag !== -1) takeStatements(runbook, at, words[flag + 1] ?? '')
  runbook.commands.push(command)
}

function takeStatements(runbook: Runbook, at: string, text: string): void {
  const statements = text.replaceAll(/--.*$/gm, '').split(';')
  runbook.statements.push(...statements.flatMap((sql) => (sql.trim() === '' ? [] : [{ at, sql: sql.trim() }])))
}
