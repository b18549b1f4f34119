import type { Socket } from 'node:net'

/** What Node must read to find the end of a reply, and what the relay asks for. */
const keptHeaders = new Set(['content-length', 'transfer-encoding', 'content-encoding', 'connection'])
/** `HTTP/1.1 201 `; what follows on that line is the PSP's own text. */
const statusBytes = 13
const [tab, lineFeed, carriageReturn, space, colon, filler] = [0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x78]

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
  let line = ''
  let column = 0
  let isInterim = false
  let lineNumber = 0
  let isValue = false

  function blankByte(byte: number): number {
    if (byte === lineFeed) {
      // After the head of `100 Continue` and its like comes another head.
      if (column === 0) [isHead, lineNumber] = [isInterim, 0]
      else lineNumber += 1
      line = ''
      column = 0
      isValue = false
      return byte
    }
    if (byte === carriageReturn) return byte
    column += 1
    if (lineNumber === 0) {
      if (column === 10) isInterim = byte === 0x31
      return column > statusBytes ? filler : byte
    }
    // A line that begins with a space goes on with the value before it.
    if (column === 1 && (byte === space || byte === tab)) isValue = true
    if (isValue) return keptHeaders.has(line) ? byte : filler
    if (byte === colon) isValue = true
    else line += String.fromCharCode(byte).toLowerCase()
    return byte >= 0x30 && byte <= 0x39 ? filler : byte
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length && isHead; at++) chunk[at] = blankByte(chunk[at] ?? 0)
  }
}
