/**
 * Loaded before each process's own main with `--import`. The launcher holds the other end of stdin; when it is gone,
 * `kill -9` included, this process ends too. Ending at once is safe, because every process survives `kill -9` itself.
 */
process.stdin.on('end', leave).on('error', leave).resume()
// The pipe alone must not keep a process alive that is done.
if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref()

function leave(): never {
  process.exit(1)
}
