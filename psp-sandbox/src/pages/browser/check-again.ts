/** Looks again by itself; the page has a link that does the same. */
setTimeout(() => window.location.reload(), 2000)
