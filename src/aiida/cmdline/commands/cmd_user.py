"""``verdi user``: the people that nodes belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import User

__all__ = ('verdi_user',)


@verdi.group('user')
def verdi_user() -> None:
    """See and set up users."""


@verdi_user.command('list')
@decorators.with_dbenv()
def user_list() -> None:
    """List users; the one that new nodes belong to has a `*`."""
    from aiida.orm import User

    rows = [
        ['*' if user.is_default else '', user.email, user.first_name, user.last_name, user.institution]
        for user in User.collection.all()
    ]
    if not rows:
        echo.echo_report('There are no users: `verdi user configure` makes one.')
        return
    echo.echo_tabulate(rows, headers=['', 'Email', 'First name', 'Last name', 'Institution'])
    echo.echo_report('New nodes belong to the user with a *.')


@verdi_user.command('configure')
@options.USER_EMAIL(type=types.UserParamType(create=True), required=True, cls=options.InteractiveOption, prompt='Email')
@options.USER_FIRST_NAME(default=None)
@options.USER_LAST_NAME(default=None)
@options.USER_INSTITUTION(default=None)
@click.option('--set-default', is_flag=True, help='Let new nodes belong to this user.')
@click.pass_context
@decorators.with_dbenv()
def user_configure(
    ctx: click.Context,
    email: User,
    first_name: str | None,
    last_name: str | None,
    institution: str | None,
    set_default: bool,
) -> None:
    """Make a user, or change the names of one."""
    from aiida.manage.manager import get_manager

    user = email
    action = 'updated' if user.is_stored else 'created'
    if first_name is not None:
        user.first_name = first_name
    if last_name is not None:
        user.last_name = last_name
    if institution is not None:
        user.institution = institution
    user.store()
    echo.echo_success(f'{user.email} successfully {action}')
    manager = get_manager()
    profile = manager.get_profile()
    assert profile is not None
    if set_default or profile.default_user_email is None:
        manager.set_default_user_email(profile, user.email)
        echo.echo_success(f'{user.email} is the default user of `{profile.name}` now')


@verdi_user.command('set-default')
@arguments.USER()
@decorators.with_dbenv()
def user_set_default(user: User) -> None:
    """Choose the user that new nodes belong to."""
    from aiida.manage.manager import get_manager

    manager = get_manager()
    profile = manager.get_profile()
    assert profile is not None
    manager.set_default_user_email(profile, user.email)
    echo.echo_success(f'{user.email} is the default user of `{profile.name}` now')
