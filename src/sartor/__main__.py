"""`python -m sartor`: the command line where the virtual environment is not activated."""

from sartor.cli.main import main

if __name__ == "__main__":
    main()
