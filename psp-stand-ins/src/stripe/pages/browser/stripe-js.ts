/**
 * The part of Stripe.js that FinCore's browser SDK uses, under the names of Stripe's documentation ("Stripe JS Reference").
 * It draws frames and passes on what they say; it never sees a card.
 */
;(() => {
  type Listener = (event: Record<string, unknown>) => void
  type Answer = { paymentMethod?: unknown; token?: unknown; error?: unknown }
  type Drawn = { type: string; element: object; send: (message: object) => void; isMounted: () => boolean }

  const script = document.currentScript
  if (!(script instanceof HTMLScriptElement)) throw new Error('Stripe.js must be loaded by a script tag.')
  const { origin } = new URL(script.src)
  /** Every frame by its element, so that an element that was given back to us finds its own. */
  const drawnBy = new WeakMap<object, Drawn>()
  const asked = new Map<string, (answer: Answer) => void>()
  let lastId = 0

  function Stripe(publishableKey: string) {
    if (typeof publishableKey !== 'string' || !publishableKey.startsWith('pk_'))
      throw new Error('Please call Stripe() with your publishable key.')

    function elements(_options: { locale?: string } = {}) {
      const group = crypto.randomUUID()
      const ofGroup: { type: string; element: object }[] = []
      return {
        create(type: string, options: Record<string, unknown> = {}) {
          const element = createElement(publishableKey, group, type, options)
          ofGroup.push({ type, element })
          return element
        },
        getElement: (type: string) => ofGroup.find((made) => made.type === type)?.element ?? null,
      }
    }

    const ask = (element: unknown, what: string, data: object): Promise<Answer> => {
      const drawn = typeof element === 'object' && element !== null ? drawnBy.get(element) : undefined
      if (!drawn?.isMounted())
        return Promise.reject(new Error('We could not retrieve data from the specified Element. It must be mounted.'))
      const id = `ask-${++lastId}`
      return new Promise((resolve) => {
        asked.set(id, resolve)
        drawn.send({ do: 'create', id, what, data })
      })
    }

    return {
      elements,
      createPaymentMethod({ card, billing_details }: { type: string; card: unknown; billing_details?: object }) {
        return ask(card, 'paymentMethod', billing_details ?? {})
      },
      createToken(element: unknown, data: object = {}) {
        return ask(element, 'token', data)
      },
    }
  }

  function createElement(key: string, group: string, type: string, options: Record<string, unknown>) {
    const listeners = new Map<string, Set<Listener>>()
    const frame = document.createElement('iframe')
    frame.name = `__privateStripeFrame${++lastId}`
    frame.title = `Secure ${type} input frame`
    frame.src = `${origin}/elements/${type}?${new URLSearchParams({ key, group, origin: window.location.origin })}`
    frame.style.cssText = 'border:0;margin:0;padding:0;width:100%;height:1.2em;display:block;color-scheme:normal'
    let style = options.style
    const send = (message: object) => frame.contentWindow?.postMessage({ standIn: 1, ...message }, origin)
    const emit = (event: string, data: object = {}) => {
      for (const listener of listeners.get(event) ?? []) listener({ elementType: type, ...data })
    }
    const hear = (message: MessageEvent) => {
      if (message.origin !== origin || message.source !== frame.contentWindow || message.data?.standIn !== 1) return
      const { event, id, ...data } = message.data as Record<string, unknown>
      if (event === 'ready') send({ do: 'style', style })
      if (event === 'answer') {
        asked.get(String(id))?.(data.answer as Answer)
        asked.delete(String(id))
      } else {
        if (event === 'resize') frame.style.height = `${Number(data.height)}px`
        emit(String(event), data)
      }
    }
    const element = {
      on(event: string, listener: Listener) {
        listeners.set(event, (listeners.get(event) ?? new Set()).add(listener))
        return element
      },
      once(event: string, listener: Listener) {
        const once: Listener = (data) => {
          listeners.get(event)?.delete(once)
          listener(data)
        }
        return element.on(event, once)
      },
      off(event: string, listener?: Listener) {
        if (listener) listeners.get(event)?.delete(listener)
        else listeners.delete(event)
        return element
      },
      mount(at: string | Element) {
        const holder = typeof at === 'string' ? document.querySelector(at) : at
        if (!holder)
          throw new Error('The selector you specified applies to no DOM elements that are currently on the page.')
        window.addEventListener('message', hear)
        frame.addEventListener('error', () => emit('loaderror'))
        holder.classList.add('StripeElement')
        holder.replaceChildren(frame)
      },
      update(changed: { style?: unknown }) {
        style = changed.style ?? style
        send({ do: 'style', style })
      },
      focus: () => send({ do: 'focus' }),
      blur: () => send({ do: 'blur' }),
      clear: () => send({ do: 'clear' }),
      unmount() {
        window.removeEventListener('message', hear)
        frame.remove()
      },
      destroy() {
        element.unmount()
        listeners.clear()
        drawnBy.delete(element)
      },
    }
    drawnBy.set(element, { type, element, send, isMounted: () => frame.isConnected })
    return element
  }

  Stripe.version = 3
  Object.assign(window, { Stripe })
})()
