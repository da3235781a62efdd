"""``python -m eos``."""

from eos.run import main

if __name__ == '__main__':
    main()
