"""Step 1, what good means: `sartor.yaml` and overrides become a checked `core.Goal`."""

from sartor.goal.load import load_goal
from sartor.goal.resolved import resolved_yaml
from sartor.goal.schema import goal_schema
from sartor.goal.shape import check_task
from sartor.goal.template import render_template

__all__ = ["check_task", "goal_schema", "load_goal", "render_template", "resolved_yaml"]
