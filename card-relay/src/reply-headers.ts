import type { Socket } from 'node:net'

/** What Node must read to find the end of a reply, and what the relay asks for. */
const keptHeaders = ['content-length', 'transfer-encoding', 'content-encoding', 'connection']
/** `HTTP/1.1 201 `; what follows on that line is the PSP's own text. */
const statusBytes = 13

/**
 * Overwrites the headers of every reply on this connection in place, with `x`, before Node makes strings of them: a PSP
 * may echo the card there, and nobody can overwrite a string. Only those few stay that say how the reply is framed. Of
 * the others' names only the digits go, because a name may have passed before it is known. Length and framing stay.
 */
export function blankReplyHeaders(socket: Socket): void {
  let blank = makeHeadBlanker()
  // Emitted by the agent when a reply is over: the next bytes begin another one.
  socket.on('free', () => {
    blank = makeHeadBlanker()
  })
  const push = socket.push.bind(socket)
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk !== null) blank(chunk)
    return push(chunk, encoding)
  }
}

/** A function that is given a reply piece by piece, wherever it was cut, and blanks its head in place. */
export function makeHeadBlanker(): (chunk: Buffer) => void {
  let isHead = true
  let isInterim = false
  let part: 'status' | 'name' | 'value' = 'status'
  /** Of the line that is being read: its name as far as it is known; of the status line, what is kept of it. */
  let known = ''

  function blankByte(sign: string): string {
    if (sign === '\r') return sign
    if (sign === '\n') {
      // An empty line ends the head. After that of `100 Continue` and its like comes another one.
      const isEmpty = known === '' && part !== 'value'
      if (isEmpty && part === 'name') isHead = isInterim
      part = isEmpty ? 'status' : 'name'
      known = ''
      return sign
    }
    if (part === 'value') return keptHeaders.includes(known) ? sign : 'x'
    if (part === 'name' && (sign === ':' || (known === '' && /[ \t]/.test(sign)))) {
      // A line that begins with a space goes on with the value before it.
      part = 'value'
      return sign === ':' ? sign : 'x'
    }
    if (part === 'status' && known.length === statusBytes) return 'x'
    if (part === 'status' && known.length === 9) isInterim = sign === '1'
    known += sign.toLowerCase()
    return part === 'name' && /[0-9]/.test(sign) ? 'x' : sign
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length && isHead; at++)
      chunk.fill(blankByte(String.fromCharCode(chunk[at] ?? 0)), at, at + 1, 'latin1')
  }
}
