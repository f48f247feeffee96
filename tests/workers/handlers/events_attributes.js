// What an Event tells.
//> GET /
export default {
  fetch() {
    const event = new Event("a", { cancelable: true, composed: true });
    const {
      type,
      target,
      currentTarget,
      eventPhase,
      bubbles,
      cancelable,
      composed,
      defaultPrevented,
      isTrusted,
      returnValue,
    } = event;
    const outcome = (...args) => {
      try {
        return new Event(...args).type;
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      type,
      target,
      currentTarget,
      eventPhase,
      bubbles,
      cancelable,
      composed,
      defaultPrevented,
      isTrusted,
      returnValue,
      event.composedPath().length,
      Event.AT_TARGET,
      Event.NONE,
      outcome(),
      outcome(12),
      typeof event.timeStamp,
    ]);
  },
};
