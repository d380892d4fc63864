"""A steward's tasks about agents for the queue on Home."""

from __future__ import annotations

from semantic.agents.guidance_work import GuidanceWork
from semantic.policy.actor import Actor
from semantic.services.queue import Task
from semantic.services.reviewing.readers import may_review
from semantic.services.service_process import ServiceProcess
from semantic.store.agents.drift import read_model_reader


def oversight_tasks(live: ServiceProcess, actor: Actor) -> list[Task]:
    """Return a task for each guidance proposal that this person can approve, and one if the language model is off.

    Raises StoreFailed.
    """
    if not may_review(actor):
        return []
    work, tasks = GuidanceWork(live, actor), list[Task]()
    if not work.why_not:
        for version in work.waiting():
            who = version.author_name.partition(",")[0] or "Someone who left"
            note = f"{who} proposed a change to the guidance for agents."
            tasks.append(Task("guidance", version.note, note, "Review", str(version.number)))
    with live.store.read() as connection:
        is_on, why, _ = read_model_reader(connection, live.keys)
    if not is_on:
        note = f"Switched off{f': {why}' if why else ''}. Samepage still reads questions without it."
        tasks.append(Task("drift", "The language model", note, "Open"))
    return tasks
