/** Runs the test files of a group, whose file (test-groups.ts) imports this one. */
import { after, describe } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from './managed-process.ts'
import { filesOfGroup } from './test-groups.ts'

// Connections that close by themselves have done so by then.
const leftoverMs = 20_000

/** Each file is a suite of its name. What a file leaves running is told at the end, with the name of the file. */
function runTogether(files: readonly string[]): void {
  const opened: string[] = []
  let before = count()
  for (const file of files) {
    describe(file, async () => {
      await import(pathToFileURL(pathInRepository(file)).href)
      // Runs after what the file itself does at its end.
      after(() => {
        const now = count()
        const more = [...now].filter(([kind, many]) => many > (before.get(kind) ?? 0)).map(([kind]) => kind)
        if (more.length > 0) opened.push(`${file} (${more.join(', ')})`)
        before = now
      })
    })
  }
  after(() => {
    // Fires only when something keeps this process running, as it would keep the file's own.
    setTimeout(() => {
      const whose = opened.length > 0 ? opened.join(', ') : 'one of its test files'
      console.error(
        `Something is still running, of: ${[...count().keys()].join(', ')}. It may have been left by ${whose}.`,
      )
      process.exit(1)
    }, leftoverMs).unref()
  })
}

/** How many of each kind keep this process running now. */
function count(): Map<string, number> {
  const kinds = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return kinds
}

runTogether(filesOfGroup(process.argv[1] ?? ''))
