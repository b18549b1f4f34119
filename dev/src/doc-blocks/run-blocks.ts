import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findDifference, isProblem, readAnswers } from './compare-answer.ts'
import { type DocBlock, fileOf } from './read-blocks.ts'
import type { ShellSession } from './shell-session.ts'

export type Reader = {
  shell: ShellSession
  /** Where a reader puts the files of the page, and runs the program. */
  folder: string
  /** What a reader does after a block that printed this, before the next one: opens a link in a browser, for example. */
  act?(printed: string, block: DocBlock): Promise<void>
}

/**
 * Does what a page says, from top to bottom: pastes `sh` into the shell, saves the files that `js` and `html` blocks are,
 * and compares each `json` with what the lines before it answered. The `js` blocks that are no files make one program
 * together, as they do for a reader, which runs last. `text` is a picture. Anything else fails, so no block goes unrun.
 */
export async function runBlocks(page: string, blocks: readonly DocBlock[], reader: Reader): Promise<void> {
  const program: string[] = []
  let answer: Record<string, unknown> | undefined
  for (const [index, block] of blocks.entries()) {
    const file = fileOf(block)
    if (block.language === 'sh') {
      const printed = await paste(reader.shell, block)
      const answers = readAnswers(printed)
      answer = answers.at(-1)
      const isRefusalShown = blocks[index + 1]?.language === 'json'
      const refused = answers.find((one) => isProblem(one) && !(isRefusalShown && one === answer))
      assert.equal(refused, undefined, `${block.at}: refused`)
      await reader.act?.(printed, block)
    } else if (block.language === 'json') {
      assert.ok(answer, `${block.at}: there is no answer just before it.`)
      const difference = findDifference(JSON.parse(block.text), answer)
      assert.equal(difference, null, `${block.at}: ${difference}`)
    } else if (file !== null) {
      writeFileSync(join(reader.folder, file), block.text)
    } else if (block.language === 'js') {
      program.push(block.text)
    } else {
      assert.equal(block.language, 'text', `${block.at}: nothing runs a block of this kind.`)
    }
    if (block.language !== 'sh') answer = undefined
  }
  if (program.length === 0) return
  const name = `${page}-program.mjs`
  // A server that the program opens would keep it from ending.
  writeFileSync(join(reader.folder, name), `${program.join('\n')}\nprocess.exit()\n`)
  await reader.shell.run(`(cd '${reader.folder}' && node --env-file=.env ${name})`).catch((error: unknown) => {
    assert.fail(`${page}: the program of its js blocks failed. ${error instanceof Error ? error.message : error}`)
  })
}

async function paste(shell: ShellSession, block: DocBlock): Promise<string> {
  try {
    return await shell.run(block.text)
  } catch (error) {
    assert.fail(`${block.at}: ${error instanceof Error ? error.message : error}`)
  }
}
