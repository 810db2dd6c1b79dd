"""The way of one request through the actions that strike it.

Belongs here: the order in which they act, and whether each of them had an effect.
Does not belong here: which actions strike (board.py), what each does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from stock_assets.sandbox.faults.action import Action, Crooked, Manner
from stock_assets.sandbox.wire import Answer, Ask

Inner = Callable[[Ask], Awaitable[Answer]]
"""Answers where no action does."""

_PLAIN = Manner()


async def acted(actions: Sequence[Action], ask: Ask, inner: Inner) -> tuple[Answer, Sequence[bool]]:
    """The answer after all actions in their order, and which of them had an effect.

    Where the asker gets nothing, or something stands in, the vendor is not asked; of several
    stand-ins the last is heard, and only what comes after it can change its body.
    """
    if not actions:
        return await inner(ask), ()
    manner, asked = _PLAIN, ask
    for action in actions:
        manner, asked = action.written(manner), action.asked(asked)
    if manner.is_silent:
        return Crooked(0, b"", "text/plain", manner=manner), [True] * len(actions)
    effects = [action.written(_PLAIN) != _PLAIN for action in actions]
    heard, answer = _stand_in(actions, ask)
    if answer is None:
        answer = await inner(asked)
        for i, action in enumerate(actions):
            effects[i] |= action.asked(ask) != ask
    else:
        effects[heard] = True
    for i in range(heard + 1, len(actions)):
        changed = actions[i].changed(answer)
        effects[i] |= changed != answer
        answer = changed
    return (answer if manner == _PLAIN else _crooked(answer, manner)), effects


def _stand_in(actions: Sequence[Action], ask: Ask) -> tuple[int, Answer | None]:
    """The last answer in the vendor's place and whose it is; (-1, None) without any."""
    for i in reversed(range(len(actions))):
        if (answer := actions[i].stand_in(ask)) is not None:
            return i, answer
    return -1, None


def _crooked(answer: Answer, manner: Manner) -> Crooked:
    return Crooked(answer.status, answer.body, answer.content_type, answer.headers, manner=manner)
