// node:diagnostics_channel
"use strict";

const { checkFunction, invalidType } = require("../internal/errors.js");

const channels = new Map();

function report(error) {
  require("../internal/next_tick.js").nextTick(() => {
    throw error;
  });
}

class Channel {
  #subscribers = [];
  #stores = new Map();
  constructor(name) {
    this.name = name;
  }
  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }
  subscribe(subscription) {
    checkFunction(subscription, "subscription");
    this.#subscribers = [...this.#subscribers, subscription];
  }
  unsubscribe(subscription) {
    const at = this.#subscribers.indexOf(subscription);
    if (at < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(at, 1);
    return true;
  }
  publish(data) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(data, this.name);
      } catch (error) {
        report(error);
      }
    }
  }
  bindStore(store, transform) {
    this.#stores.set(store, transform);
  }
  unbindStore(store) {
    return this.#stores.delete(store);
  }
  runStores(data, callback, self, ...args) {
    let run = () => {
      this.publish(data);
      return callback.apply(self, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = run;
      run = () => {
        let context = data;
        try {
          context = transform ? transform(data) : data;
        } catch (error) {
          report(error);
          return inner();
        }
        return store.run(context, inner);
      };
    }
    return run();
  }
}

function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidType("channel", ["string", "symbol"], name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(given) {
    for (const event of EVENTS) this[event] = given[event] ?? channel(`tracing:${given}:${event}`);
  }
  get hasSubscribers() {
    return EVENTS.some((event) => this[event].hasSubscribers);
  }
  subscribe(handlers) {
    for (const event of EVENTS) if (handlers[event]) this[event].subscribe(handlers[event]);
  }
  unsubscribe(handlers) {
    return EVENTS.filter((event) => handlers[event]).every((event) => this[event].unsubscribe(handlers[event]));
  }
  #fail(context, error) {
    context.error = error;
    this.error.publish(context);
  }
  traceSync(fn, context = {}, self, ...args) {
    if (!this.hasSubscribers) return fn.apply(self, args);
    return this.start.runStores(context, () => {
      try {
        return (context.result = fn.apply(self, args));
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  tracePromise(fn, context = {}, self, ...args) {
    if (!this.hasSubscribers) return fn.apply(self, args);
    const settle = () => {
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    const resolved = (result) => {
      context.result = result;
      settle();
      return result;
    };
    const rejected = (error) => {
      this.#fail(context, error);
      settle();
      return Promise.reject(error);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(fn.apply(self, args)).then(resolved, rejected);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  traceCallback(fn, position = -1, context = {}, self, ...args) {
    if (!this.hasSubscribers) return fn.apply(self, args);
    const callback = args.at(position);
    checkFunction(callback, "callback");
    const channels = this;
    args.splice(position, 1, function (error, result) {
      if (error) channels.#fail(context, error);
      else context.result = result;
      return channels.asyncStart.runStores(context, () => {
        try {
          return callback.apply(this, arguments);
        } finally {
          channels.asyncEnd.publish(context);
        }
      });
    });
    return this.start.runStores(context, () => {
      try {
        return fn.apply(self, args);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

module.exports = {
  Channel,
  channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, subscription) => channel(name).subscribe(subscription),
  tracingChannel: (given) => new TracingChannel(given),
  unsubscribe: (name, subscription) => channel(name).unsubscribe(subscription),
};
