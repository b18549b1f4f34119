/**
 * Most test files need nothing of their process but Node and the modules that they import, and the next file imports the
 * same. Several of those share one process, which spares most of what each costs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pathInRepository } from './managed-process.ts'

const programPath = fileURLToPath(new URL('./run-together.ts', import.meta.url))
/** How the name of a file ends that only imports test files. */
const groupSuffix = '.together.mjs'
// Few enough that a group on a slow machine ends long before the time limit of a file, and that four run side by side.
const filesPerGroup = 18
/** The workspaces whose tests mostly run in their own process. The others start processes, which takes them long. */
const quickWorkspaces = [
  'card-relay',
  'payment-service',
  'psp-sandbox',
  'psp-stand-ins',
  'infrastructure',
  'dev',
  'node-sdk',
]
/** What a file says that changes or looks at its process, starts another, or replaces a part of Node for all that run there. */
const ofItsOwnProcess = /child_process|worker_threads|process\.(env|on|once|chdir|exit|memoryUsage)\b|\bmock\./

/** The workspaces whose files take longest. */
const slowWorkspaces = ['end-to-end', 'simulation']
/** And a file that takes as long as those: were it among the last, one core would be idle meanwhile. */
const slowFile = 'payment-service/src/http/contract.test.ts'
/** What a file says that shares something dear with the others that say the same (end-to-end/src/shared.ts). */
const sharing = /\bshare[A-Z]\w*(?=\(\))/

/**
 * Splits test files, as paths in the repository, into those that run alone, the slow and the quick ones, and groups: of
 * slow files that share something, and of quick ones.
 */
export function groupTestFiles(
  files: readonly string[],
  read: (file: string) => string = (file) => readFileSync(pathInRepository(file), 'utf8'),
): { slow: string[]; quick: string[]; slowGroups: string[][]; groups: string[][] } {
  const isOf = (workspaces: readonly string[]) => (file: string) =>
    workspaces.some((name) => file.startsWith(`${name}/`))
  const sharers = Map.groupBy(files.filter(isOf(slowWorkspaces)), (file) => sharing.exec(read(file))?.[0])
  sharers.delete(undefined)
  const slowGroups = [...sharers.values()].filter(({ length }) => length > 1)
  const mayShare = new Set(files.filter((file) => isOf(quickWorkspaces)(file) && !isBusy(read(file))))
  const groups = quickWorkspaces.flatMap((name) => {
    const together = [...mayShare].filter(isOf([name]))
    const count = Math.ceil(together.length / filesPerGroup)
    // Neighbours are apart, since the tests of one folder tend to take equally long.
    return Array.from({ length: count }, (_, group) => together.filter((_file, index) => index % count === group))
  })
  const alone = files.filter((file) => !mayShare.has(file) && !slowGroups.flat().includes(file))
  const isSlow = (file: string) => isOf(slowWorkspaces)(file) || file === slowFile
  const single = groups.filter(({ length }) => length === 1).flat()
  return {
    slow: alone.filter(isSlow),
    quick: [...alone.filter((file) => !isSlow(file)), ...single],
    slowGroups,
    groups: groups.filter(({ length }) => length > 1),
  }
}

function isBusy(text: string): boolean {
  return ofItsOwnProcess.test(text)
}

/**
 * Writes a file for each group that runs its test files one after the other, each as a suite of its name, so that its hooks
 * are its own and a failure to load it is its own too.
 * @returns the paths of the files.
 */
export function writeGroups(groups: readonly string[][], folder: string): string[] {
  return groups.map((files, index) => {
    const path = join(folder, `${files[0]?.split('/')[0]}-${index + 1}${groupSuffix}`)
    const list = files.map((file) => `// ${file}\n`).join('')
    writeFileSync(path, `${list}import ${JSON.stringify(pathToFileURL(programPath).href)}\n`)
    return path
  })
}

/** Whether a file is one that only imports test files. */
export function isGroup(path: string): boolean {
  return basename(path).endsWith(groupSuffix)
}

/** The test files of a group, in the order in which they run. */
export function filesOfGroup(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^\/\/ (.*)$/gm)].map(([, file]) => file ?? '')
}

/** Whether a suite with this source file is a whole test file of a group, by the suite's name. */
export function isFileOfGroup(path: string | undefined): boolean {
  return path === programPath
}
