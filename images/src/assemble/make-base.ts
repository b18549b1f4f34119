import { execFileSync } from 'node:child_process'
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { copyFile } from './copy-tree.ts'

/** Of Debian's own programs those that a step of our Dockerfiles, a start script or the entry itself runs. */
const programs = ['sh', 'env', 'sed', 'rm', 'ln', 'ls', 'cat', 'id', 'dirname', 'setpriv']
/** In Debian's slim images too: what these programs and Node look up by themselves. */
const files: Record<string, string> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}
const folders = [
  'dev',
  'etc',
  'opt',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
  'usr/bin',
  'usr/lib',
  'usr/lib64',
  'usr/sbin',
  'usr/local/bin',
  'var/tmp',
]
/** Engines write these into each container. */
const fromHost = ['etc/hosts', 'etc/resolv.conf']

/**
 * Lays out, in an empty folder, what our Dockerfiles need of `node:24-bookworm-slim`: Node and npm in `/usr/local`, a few
 * programs of this machine with the libraries that they load, in the places where Debian has them. It holds less than the
 * image does: what is missing here and needed fails, and what is more there was never needed.
 * @param npm whether a step will run it: it is thousands of files.
 * @param linked whether Node is the very file that runs this, which spares 125 MB where nobody changes it.
 */
export function makeBase(root: string, { npm, linked }: { npm: boolean; linked: boolean }): void {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${name}`, join(root, name))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
  for (const path of fromHost) if (existsSync(`/${path}`)) copy(realpathSync(`/${path}`), join(root, path))

  const node = join(root, 'usr/local/bin/node')
  if (linked) copyFile(process.execPath, node)
  else copy(process.execPath, node)
  if (npm) {
    const folder = dirname(dirname(realpathSync(find('npm'))))
    cpSync(folder, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  }
  found ??= findPrograms()
  for (const [name, path] of Object.entries(found.programs)) copy(realpathSync(path), join(root, 'usr/bin', name))
  for (const library of found.libraries) {
    // `/lib` leads to `/usr/lib`: the folder is that of the real file, the name the one that is loaded.
    const place = join(realpathSync(dirname(library)), library.slice(dirname(library).length + 1))
    copy(realpathSync(library), join(root, place))
  }
}

let found: { programs: Record<string, string>; libraries: string[] } | undefined

/** Where the programs lie, and the libraries that the dynamic linker loads for them and for Node, itself included. */
function findPrograms(): NonNullable<typeof found> {
  const paths = Object.fromEntries(programs.map((name) => [name, find(name)]))
  const text = execFileSync('ldd', [process.execPath, ...Object.values(paths)], { encoding: 'utf8' })
  const libraries = [...new Set([...text.matchAll(/(\/\S+\.so\S*) \(0x/g)].map(([, path]) => path ?? ''))]
  return { programs: paths, libraries }
}

function find(program: string): string {
  return execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim()
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to, constants.COPYFILE_FICLONE)
}
