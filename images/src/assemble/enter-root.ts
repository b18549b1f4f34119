/** A folder, or a file, of this machine that a process sees in its root file system. */
export type Mount = { from: string; to: string; writable?: boolean }

export type Entry = {
  /** The folder that becomes `/`; what is mounted must have its place there already. */
  root: string
  workdir: string
  /** Numbers of a user and a group; root has `0:0`. */
  user: string
  /** Nothing can be written but in `/tmp`, which is empty, and in writable mounts. */
  readOnly: boolean
  mounts: readonly Mount[]
}

const pathInside = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Run in a mount namespace of its own, whose mounts go when its process ends. The words after the root are the command. */
const script = `
root=$1; shift
mount --rbind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
MOUNTS
chroot=$(command -v chroot)
PATH=${pathInside}; export PATH; unset OLDPWD PWD
exec "$chroot" "$root" "$@"`

/**
 * The command that runs another one in a root file system, as a container engine would: with the user's number, without
 * any capability, and not outliving whoever started it. It becomes that command, so that signals reach it. Who is not
 * root stays who he is, in a namespace where nobody else has a number.
 */
export function enterRoot(entry: Entry, words: readonly string[], isRoot = process.getuid?.() === 0): string[] {
  const [user = '', group = ''] = entry.user.split(':')
  const mounts = entry.mounts.flatMap(({ from, to, writable = false }) => {
    const place = `"$root"${quote(to)}`
    return [`mount --bind ${quote(from)} ${place}`, ...(writable ? [] : [`mount -o remount,bind,ro ${place}`])]
  })
  if (entry.readOnly) mounts.push('mount -o remount,bind,ro "$root"')
  return [
    'unshare',
    '--mount',
    ...(isRoot ? [] : ['--map-root-user']),
    ...['sh', '-euc', script.replace('MOUNTS', mounts.join('\n')), 'sh', entry.root],
    ...['sh', '-euc', 'cd "$1"; shift; exec "$@"', 'sh', entry.workdir],
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...(user === '0'
      ? []
      : [
          '--no-new-privs',
          '--inh-caps=-all',
          '--bounding-set=-all',
          ...(isRoot ? [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'] : []),
        ]),
    '--',
    ...words,
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
