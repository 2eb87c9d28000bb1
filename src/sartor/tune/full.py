"""Full fine-tuning: every weight learns, the words that the texts use included.

Devlin et al. 2018, arXiv 1810.04805; Mosbach et al. 2020, arXiv 2006.04884 (warm-up and enough epochs, not
luck, make it stable).
"""

from __future__ import annotations

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.tune.gradient import GradientMethod, step_dial, step_size, training_dials


class Full(GradientMethod):
    name = "full"
    title = "full fine-tuning"
    depth = 6
    trains = "all"
    backward = 2.0

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        assert base is not None
        return (step_dial(step_size(2e-4, base)), *training_dials(facts, base))
