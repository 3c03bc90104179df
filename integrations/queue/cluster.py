"""django-q2's cluster, whose workers learn at once that they are to stop.

Its processes may be killed at any moment: what they share holds no lock (see wires.py).
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from django_q.cluster import Cluster, Sentinel, get_mp_context
from django_q.worker import worker

from integrations.queue import stopping
from integrations.queue.wires import Countdown, Flag, Wire


class LocklessSentinel(Sentinel):  # type: ignore[misc]
    """Guards the workers of one cluster and replaces those that end."""

    def __init__(
        self,
        stop_event: Flag,
        start_event: Flag,
        cluster_id: uuid.UUID,
        broker: Any = None,
        timeout: int | None = None,
    ) -> None:
        super().__init__(stop_event, start_event, cluster_id, broker, timeout, start=False)
        # A hint taken ahead of time would wait behind a slow account while another host is idle.
        self.task_queue = Wire(on_request=True)
        self.result_queue = Wire()
        self.event_out = Flag()
        self.start()

    def spawn_worker(self) -> None:
        self.spawn_process(worker, self.task_queue, self.result_queue, Countdown(), self.timeout)


class DrainingCluster(Cluster):  # type: ignore[misc]
    """On SIGTERM its workers finish the calls they have begun and give their lanes back."""

    def start(self) -> int:
        """Starts the guard, which starts the rest; answers our process id once it has.

        Raises RuntimeError when the guard ends before.
        """
        self.stop_event, self.start_event = Flag(), Flag()
        self.sentinel = get_mp_context().Process(
            target=LocklessSentinel,
            name=f"Process-{uuid.uuid4().hex}",
            args=(self.stop_event, self.start_event, self.cluster_id, self.broker, self.timeout),
        )
        self.sentinel.start()
        # A signal may stop the cluster while we wait, which takes the events away.
        while self.start_event and not self.start_event.is_set():
            if not self.sentinel.is_alive():
                if self.sentinel.exitcode == 0:
                    break
                raise RuntimeError(f"the workers' guard ended with {self.sentinel.exitcode}")
            time.sleep(0.1)
        return int(self.pid)

    def stop(self) -> bool:
        stopping.tell()
        stopped: bool = super().stop()
        return stopped
