import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where this very code lies: in the image that is the folder of the bundle, whose files have maps beside them. */
const folder = import.meta.dirname
/** A frame of a stack in a file of that folder. Its name is one that the bundle gives, so nothing else is ever read. */
const bundledFrame = /^( +at .*?)(file:[^()\s]*\/)([\w-]+\.js):(\d{1,7}):(\d{1,7})\)?$/
const maps = new Map<string, SourceMap | null>()

/**
 * A frame of a stack as it would be if the source ran, when it is one of the bundle (images/src/bundle.ts); any other line
 * as it is. The first one costs a tenth of a second, since a map is read then: Node's own `--enable-source-maps` reads all
 * of them at each start.
 */
export function frameInSource(line: string): string {
  const [, before = '', address, file = '', row = '', column = ''] = bundledFrame.exec(line) ?? []
  if (address !== `${pathToFileURL(folder).href}/`) return line
  const origin = readMap(file)?.findOrigin(Number(row), Number(column))
  if (origin === undefined || !('fileName' in origin)) return line
  return `${before}${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`
}

function readMap(file: string): SourceMap | null {
  const known = maps.get(file)
  if (known !== undefined) return known
  const path = join(folder, `${file}.map`)
  const map = existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : null
  // A name that is made up, in a message that looks like a stack, is not kept.
  if (map !== null) maps.set(file, map)
  return map
}
