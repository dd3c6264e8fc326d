"""One list of cases that any endpoint of the protocol has to pass.

The local speech server is always tried (marker ``engine``). Another endpoint, the vendor's service
or anyone's, is tried where the environment names one (:mod:`tests.sis.conformance.endpoint`)::

    export IVR_AGI_CONFORMANCE_URL=wss://sis-ext.cn-north-4.myhuaweicloud.com
    export IVR_AGI_CONFORMANCE_PROJECT_ID=... IVR_AGI_CONFORMANCE_TOKEN=...
    python -m pytest tests/sis/conformance

The cases speak raw JSON over ``websockets``, written from ``sis-protocol.md`` alone: nothing of
this package's client is in them. Each names the clause that it checks.
"""
