package dev.creek.consumer.testing;

import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;
import reactor.blockhound.BlockHound;

/**
 * Installs BlockHound in each process that runs tests. BlockHound's own listener installs it
 * wherever it is loaded, which includes Maven's process as soon as tests run in several.
 */
public final class BlockHoundInstaller implements TestExecutionListener {
  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    BlockHound.install();
  }
}
